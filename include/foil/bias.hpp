// SPDX-License-Identifier: BSD-3-Clause
// Every weight and every false-negative filter.
#pragma once

#include "foil/bias/bounds.hpp"
#include "foil/bias/cluster_size.hpp"
#include "foil/bias/disagreement.hpp"
#include "foil/bias/guide.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/log_q.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/mask.hpp"
#include "foil/bias/near_duplicate.hpp"
#include "foil/bias/per_pair.hpp"
#include "foil/bias/ramp.hpp"
#include "foil/bias/same_id.hpp"
#include "foil/bias/taper.hpp"
#include "foil/bias/weights.hpp"
