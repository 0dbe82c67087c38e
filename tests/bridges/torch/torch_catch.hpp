// SPDX-License-Identifier: BSD-3-Clause
// LibTorch and Catch2 in one file: both have a macro CHECK, and the tests mean Catch2's. Not torch/torch.h, which takes twice as long.
#pragma once

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#undef CHECK

#include "../../catch.hpp"
#include "../../refusal.hpp"
