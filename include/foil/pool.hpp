// SPDX-License-Identifier: BSD-3-Clause
// Every source of candidates.
#pragma once

#include "foil/pool/bank.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/listed.hpp"
#include "foil/pool/own.hpp"
#include "foil/pool/proxies.hpp"
#include "foil/pool/queue.hpp"
#include "foil/pool/self.hpp"
