// SPDX-License-Identifier: BSD-3-Clause
// LibTorch and Catch2 in one file: both have a macro CHECK, and the tests mean Catch2's.
#pragma once

#include <torch/torch.h>
#undef CHECK

#include "../../catch.hpp"
#include "../../refusal.hpp"
