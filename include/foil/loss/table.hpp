// SPDX-License-Identifier: BSD-3-Clause
// Every streamed loss, one line each: the table that drives the property tests, the benchmarks and the compile bench.
#pragma once

#include "foil/loss/alignment.hpp"
#include "foil/loss/cacr.hpp"
#include "foil/loss/circle.hpp"
#include "foil/loss/clan.hpp"
#include "foil/loss/contrastive_pair.hpp"
#include "foil/loss/debiased.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/focal.hpp"
#include "foil/loss/global_orthogonal.hpp"
#include "foil/loss/hard_contrastive.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/lifted_structure.hpp"
#include "foil/loss/margin_loss.hpp"
#include "foil/loss/margin_softmax.hpp"
#include "foil/loss/mega_batch_margin.hpp"
#include "foil/loss/multi_similarity.hpp"
#include "foil/loss/proxy_anchor.hpp"
#include "foil/loss/ranked_list.hpp"
#include "foil/loss/siglip.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/loss/tuplet_margin.hpp"

/// X(name, (a loss with options that exercise it))
#define FOIL_LOSSES(X)                                                                                                        \
  X(info_nce, (foil::loss::info_nce{.temperature = 0.3}))                                                                     \
  X(info_nce_in, (foil::loss::info_nce{.temperature = 0.3, .positives = foil::loss::multi_positive::in}))                     \
  X(info_nce_sum, (foil::loss::info_nce{.temperature = 0.3, .positives = foil::loss::multi_positive::sum}))                   \
  X(info_nce_per_positive, (foil::loss::info_nce{.temperature = 0.3, .positives = foil::loss::multi_positive::per_positive})) \
  X(sup_con, (foil::loss::sup_con{.temperature = 0.3, .base_temperature = 0.2}))                                              \
  X(decoupled, (foil::loss::decoupled{.temperature = 0.3}))                                                                   \
  X(weighted_decoupled, (foil::loss::weighted_decoupled{.temperature = 0.3, .sigma = 0.7}))                                   \
  X(debiased, (foil::loss::debiased{.temperature = 0.5, .tau_plus = 0.05}))                                                   \
  X(hcl, (foil::loss::debiased{.temperature = 0.5, .tau_plus = 0.05, .beta = 0.8}))                                           \
  X(siglip, (foil::loss::siglip{.log_scale = 1.2, .bias = -1.5}))                                                             \
  X(focal, (foil::loss::focal{.alpha = 0.3, .gamma = 1.5, .bias = -0.7, .temperature = 0.6}))                                 \
  X(multi_similarity, (foil::loss::multi_similarity{.alpha = 2, .beta = 10, .base = 0.1}))                                    \
  X(triplet, (foil::loss::triplet{.margin = 0.3}))                                                                            \
  X(soft_triplet, (foil::loss::triplet{.margin = 0.3, .soft = true}))                                                         \
  X(hardest_triplet, (foil::loss::hardest_triplet{.margin = 0.4}))                                                            \
  X(tolerance, (foil::loss::tolerance{}))                                                                                     \
  X(uniformity, (foil::loss::uniformity{.t = 0.7}))                                                                           \
  X(circle, (foil::loss::circle{.m = 0.3, .gamma = 4, .stop_gradient_weight = false}))                                        \
  X(contrastive_pair, (foil::loss::contrastive_pair{.pos_margin = 0.1, .neg_margin = 0.9, .zero_distance = 1}))               \
  X(margin_loss, (foil::loss::margin_loss{.beta = 0.8, .alpha = 0.3, .zero_distance = 1}))                                    \
  X(clan, (foil::loss::clan{.margin = 0.6, .alpha = 0.3}))                                                                    \
  X(clan_squared, (foil::loss::clan{.margin = 0.6, .alpha = 0.3, .squared = true}))                                           \
  X(hard_contrastive, (foil::loss::hard_contrastive{.temperature = 0.3, .alpha = 0.4}))                                       \
  X(hard_simple, (foil::loss::hard_contrastive{.form = foil::loss::hard_form::simple, .alpha = 0.4, .lambda = 0.2}))          \
  X(hard_threshold, (foil::loss::hard_contrastive{.temperature = 0.3, .threshold = 0.1}))                                     \
  X(cosface, (foil::loss::margin_softmax{.margin = 0.2, .temperature = 0.3}))                                                 \
  X(arcface, (foil::loss::margin_softmax{foil::loss::margin_head::arcface, 0.3, 0.3}))                                        \
  X(lifted, (foil::loss::generalized_lifted_structure{.neg_margin = 0.6, .pos_margin = 0.1, .zero_distance = 1}))             \
  X(tuplet_margin, (foil::loss::tuplet_margin{.margin = 0.2, .temperature = 0.3}))                                            \
  X(ranked_list, (foil::loss::ranked_list{.alpha = 0.2, .pos_sharpness = 1, .neg_sharpness = 3, .floor = 0.1}))               \
  X(proxy_anchor, (foil::loss::proxy_anchor{.margin = 0.2, .alpha = 3}))                                                      \
  X(mega_batch_margin, (foil::loss::mega_batch_margin{.pos_margin = 0.9, .neg_margin = -0.1}))                                \
  X(global_orthogonal, (foil::loss::global_orthogonal{.mean_weight = 0.7, .second_moment_weight = 1.3, .floor = 0.1}))        \
  X(cacr, (foil::loss::cacr{.alpha = 0.7, .beta = 1.3, .t_pos = 0.8, .t_neg = 1.2}))
