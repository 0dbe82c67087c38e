// SPDX-License-Identifier: BSD-3-Clause
// Clusters of embeddings, and what is built on them: batches, densities, prototypes, meta-nodes; intervals of ordered items.
#pragma once

#include "foil/cluster/assign_to_centres.hpp"
#include "foil/cluster/balanced_split.hpp"
#include "foil/cluster/cluster_batches.hpp"
#include "foil/cluster/densities.hpp"
#include "foil/cluster/intervals.hpp"
#include "foil/cluster/k_means.hpp"
#include "foil/cluster/meta_nodes.hpp"
#include "foil/cluster/nearest_centres.hpp"
#include "foil/cluster/prototypes.hpp"
#include "foil/cluster/saha.hpp"
#include "foil/cluster/soft_assignment.hpp"
