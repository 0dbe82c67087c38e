// SPDX-License-Identifier: BSD-3-Clause
// foil::mine, its options and results, and training rows made of them.
#pragma once

#include "foil/mine/candidate_blocks.hpp"
#include "foil/mine/in_blocks.hpp"
#include "foil/mine/mine.hpp"
#include "foil/mine/mined.hpp"
#include "foil/mine/options.hpp"
#include "foil/mine/screening.hpp"
#include "foil/mine/shortage.hpp"
#include "foil/mine/training_rows.hpp"
