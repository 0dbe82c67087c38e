// SPDX-License-Identifier: BSD-3-Clause
// Every loss of log-probabilities: preferences between answers, policy gradients, advantages, token masks.
#pragma once

#include "foil/policy/dpo.hpp"
#include "foil/policy/grpo_advantages.hpp"
#include "foil/policy/ipo.hpp"
#include "foil/policy/kto.hpp"
#include "foil/policy/log_probability.hpp"
#include "foil/policy/orpo.hpp"
#include "foil/policy/ppo_clip.hpp"
#include "foil/policy/preference.hpp"
#include "foil/policy/redi.hpp"
#include "foil/policy/simpo.hpp"
#include "foil/policy/step_advantages.hpp"
#include "foil/policy/tilt.hpp"
#include "foil/policy/token_topk_mask.hpp"
#include "foil/policy/topr.hpp"
