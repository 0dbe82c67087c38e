// All of foil, but for the bridges to other worlds (foil/bridge/).
#pragma once

#include "foil/bias/bias.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/alignment.hpp"
#include "foil/loss/debiased.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/multi_similarity.hpp"
#include "foil/loss/sig_lip.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/pool.hpp"
#include "foil/reduce/reduce.hpp"
#include "foil/roles/roles.hpp"
#include "foil/similarity/similarity.hpp"
