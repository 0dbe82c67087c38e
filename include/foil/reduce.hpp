// SPDX-License-Identifier: BSD-3-Clause
// Every way from row losses to one number.
#pragma once

#include "foil/reduce/all_rows_mean.hpp"
#include "foil/reduce/mean.hpp"
#include "foil/reduce/nonzero_mean.hpp"
#include "foil/reduce/sum.hpp"
#include "foil/reduce/weighted.hpp"
