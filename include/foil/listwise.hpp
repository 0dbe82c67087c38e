// SPDX-License-Identifier: BSD-3-Clause
// Every loss of short lists of scores with targets, and the adapter that makes one a loss of objective.
#pragma once

#include "foil/listwise/adore.hpp"
#include "foil/listwise/ar2_retriever.hpp"
#include "foil/listwise/bpr.hpp"
#include "foil/listwise/cross_entropy.hpp"
#include "foil/listwise/lambda_loss.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/listwise/margin_mse.hpp"
#include "foil/listwise/nbpo.hpp"
#include "foil/listwise/nce.hpp"
#include "foil/listwise/ps_kd.hpp"
#include "foil/listwise/rerank_pair_list.hpp"
#include "foil/listwise/sade.hpp"
#include "foil/listwise/soft_label_kl.hpp"
