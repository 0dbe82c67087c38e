// SPDX-License-Identifier: BSD-3-Clause
// Retrieval metrics: ranked documents against graded judgements.
#pragma once

#include "foil/metric/evaluate.hpp"
#include "foil/metric/hit_rate.hpp"
#include "foil/metric/judged_ranking.hpp"
#include "foil/metric/judgements.hpp"
#include "foil/metric/map.hpp"
#include "foil/metric/mrr.hpp"
#include "foil/metric/ndcg.hpp"
#include "foil/metric/precision.hpp"
#include "foil/metric/rankings.hpp"
#include "foil/metric/recall.hpp"
