// SPDX-License-Identifier: BSD-3-Clause
// How two embeddings become one score.
#pragma once

#include "foil/similarity/cosine.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"
