// SPDX-License-Identifier: BSD-3-Clause
// All of foil, but for the bridges to other worlds (foil/bridge/).
#pragma once

#include "foil/core/abi.hpp"
// First, because it says so where foil cannot be compiled; the rest by name.
#include "foil/batch.hpp"
#include "foil/bias.hpp"
#include "foil/cluster.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/engine/execution.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/fwd.hpp"
#include "foil/lists.hpp"
#include "foil/listwise.hpp"
#include "foil/loss.hpp"
#include "foil/mine.hpp"
#include "foil/policy.hpp"
#include "foil/pool.hpp"
#include "foil/recipe.hpp"
#include "foil/reduce.hpp"
#include "foil/roles.hpp"
#include "foil/sample.hpp"
#include "foil/score.hpp"
#include "foil/shortcuts.hpp"
#include "foil/similarity.hpp"
#include "foil/train.hpp"
