// SPDX-License-Identifier: BSD-3-Clause
// Values that a training loop carries from step to step: averages, schedules.
#pragma once

#include "foil/train/infinite_lr.hpp"
#include "foil/train/moving_average.hpp"
