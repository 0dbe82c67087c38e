// SPDX-License-Identifier: BSD-3-Clause
// Draws, subsets and weights over items.
#pragma once

#include "foil/sample/alias_table.hpp"
#include "foil/sample/best_worst.hpp"
#include "foil/sample/capped_simplex.hpp"
#include "foil/sample/difficulty.hpp"
#include "foil/sample/draw.hpp"
#include "foil/sample/gumbel.hpp"
#include "foil/sample/instance_masks.hpp"
#include "foil/sample/max_variance.hpp"
#include "foil/sample/mochi.hpp"
#include "foil/sample/noisy_label.hpp"
#include "foil/sample/pld.hpp"
#include "foil/sample/quota.hpp"
#include "foil/sample/random_order.hpp"
#include "foil/sample/random_subsets.hpp"
#include "foil/sample/replay.hpp"
#include "foil/sample/reservoir.hpp"
#include "foil/sample/rotating_window.hpp"
#include "foil/sample/sampler.hpp"
#include "foil/sample/systematic.hpp"
