// SPDX-License-Identifier: BSD-3-Clause
// Miners within a labelled batch: which pairs or triplets to train on.
#pragma once

#include "foil/batch/angular_miner.hpp"
#include "foil/batch/batch.hpp"
#include "foil/batch/batch_hard.hpp"
#include "foil/batch/batch_pairs.hpp"
#include "foil/batch/distance_weighted_miner.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/batch/on_triplets.hpp"
#include "foil/batch/pair_margin_miner.hpp"
#include "foil/batch/semi_hard.hpp"
#include "foil/batch/triplet_margin_miner.hpp"
