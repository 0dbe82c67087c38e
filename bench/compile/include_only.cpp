// SPDX-License-Identifier: BSD-3-Clause
#include <foil/foil.hpp>
