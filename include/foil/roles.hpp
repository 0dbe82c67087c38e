// SPDX-License-Identifier: BSD-3-Clause
// Every way of saying who is whose positive.
#pragma once

#include "foil/roles/by_label.hpp"
#include "foil/roles/diagonal.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/masks.hpp"
#include "foil/roles/other_clusters.hpp"
#include "foil/roles/other_view.hpp"
#include "foil/roles/per_pair.hpp"
#include "foil/roles/target.hpp"
#include "foil/roles/uniform.hpp"
