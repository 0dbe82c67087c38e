// SPDX-License-Identifier: BSD-3-Clause
// Late interaction: texts as lists of token vectors, scored by MaxSim (ColBERT).
#pragma once

#include "foil/late/document_index.hpp"
#include "foil/late/losses.hpp"
#include "foil/late/maxsim.hpp"
#include "foil/late/mined_documents.hpp"
#include "foil/late/token_centroids.hpp"
#include "foil/late/token_lists.hpp"
