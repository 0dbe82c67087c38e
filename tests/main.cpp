// SPDX-License-Identifier: BSD-3-Clause
// The test program's entry: Catch2 2.13 makes it from this macro; Catch2 3 links its own main.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
