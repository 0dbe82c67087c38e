// SPDX-License-Identifier: BSD-3-Clause
// Every scorer: token statistics, confidences, votes, picks.
//
//   logits [T, V] --token statistic--> [T] --aggregate--> score --rank, weigh--> [N] --vote over answers--> totals --> pick
//
// What holds for all of them. Natural logarithms: nats. A temperature divides the logits first; 0, negative or not a number
// is refused. Sums are in double and in the order of the input, so equal input gives equal bits on every run of a build. A
// value that is undefined (no token, no finite logit) is a quiet NaN, ranks below everything and is counted in `undefined`.
// Order: NaN < -inf < finite < +inf, -0 equals +0, ties to the lower index; an empty list picks -1. Refusals are foil::error
// and name the argument; they come before any work.
#pragma once

#include "foil/score/adaptive_stop.hpp"
#include "foil/score/aggregate.hpp"
#include "foil/score/best_of_n.hpp"
#include "foil/score/bon_at_k.hpp"
#include "foil/score/borda_vote.hpp"
#include "foil/score/confidence_filter.hpp"
#include "foil/score/distribution.hpp"
#include "foil/score/frechet_mean.hpp"
#include "foil/score/geometric_budgets.hpp"
#include "foil/score/imperfect_verifier.hpp"
#include "foil/score/keep.hpp"
#include "foil/score/logprob.hpp"
#include "foil/score/maj_at_k.hpp"
#include "foil/score/medoid.hpp"
#include "foil/score/meter.hpp"
#include "foil/score/pass_at_k.hpp"
#include "foil/score/prune_keep.hpp"
#include "foil/score/ranking.hpp"
#include "foil/score/rpc.hpp"
#include "foil/score/self_certainty.hpp"
#include "foil/score/sequence_confidence.hpp"
#include "foil/score/soft_token.hpp"
#include "foil/score/token.hpp"
#include "foil/score/token_table.hpp"
#include "foil/score/truncate.hpp"
#include "foil/score/vote.hpp"
#include "foil/score/weibull_mixture.hpp"
#include "foil/score/window.hpp"
