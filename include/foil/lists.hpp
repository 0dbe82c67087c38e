// SPDX-License-Identifier: BSD-3-Clause
// What is done to a ranked or mined list: windows, filters, judges, schedules, audits.
#pragma once

#include "foil/lists/ambiguous.hpp"
#include "foil/lists/audit.hpp"
#include "foil/lists/audit_mined.hpp"
#include "foil/lists/denoise.hpp"
#include "foil/lists/iqr.hpp"
#include "foil/lists/judge.hpp"
#include "foil/lists/negative_schedule.hpp"
#include "foil/lists/positive_aware.hpp"
#include "foil/lists/star.hpp"
#include "foil/lists/window.hpp"
