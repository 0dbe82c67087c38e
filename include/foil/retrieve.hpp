// SPDX-License-Identifier: BSD-3-Clause
// Candidates from words, and several rankings made one.
#pragma once

#include "foil/retrieve/bm25.hpp"
#include "foil/retrieve/rank_fusion.hpp"
#include "foil/retrieve/retrieved.hpp"
#include "foil/retrieve/words.hpp"
