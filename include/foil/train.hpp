// SPDX-License-Identifier: BSD-3-Clause
// Helpers of a training loop: averages, schedules, merged weights, heads.
#pragma once

#include "foil/train/attentive_pooling.hpp"
#include "foil/train/infinite_lr.hpp"
#include "foil/train/krr.hpp"
#include "foil/train/moving_average.hpp"
#include "foil/train/neon_merge.hpp"
