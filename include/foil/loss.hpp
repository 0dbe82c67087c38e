// SPDX-License-Identifier: BSD-3-Clause
// Every loss that is a formula of the statistics of a row of scores.
#pragma once

#include "foil/loss/alignment.hpp"
#include "foil/loss/cacr.hpp"
#include "foil/loss/circle.hpp"
#include "foil/loss/clan.hpp"
#include "foil/loss/contrastive_pair.hpp"
#include "foil/loss/debiased.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/focal.hpp"
#include "foil/loss/hard_contrastive.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/margin_loss.hpp"
#include "foil/loss/margin_softmax.hpp"
#include "foil/loss/meow.hpp"
#include "foil/loss/multi_similarity.hpp"
#include "foil/loss/pamc.hpp"
#include "foil/loss/siglip.hpp"
#include "foil/loss/sogclr.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/swapped_triplet.hpp"
#include "foil/loss/triplet.hpp"
