// SPDX-License-Identifier: BSD-3-Clause
// A large batch in little memory. Sanitizers bring memory of their own, so there it is not measured.
#if !defined(__SANITIZE_ADDRESS__)
#include <cstdio>

#include "table.hpp"

using namespace table;

namespace {

/// Most memory this process ever held, in bytes.
double peak_resident() {
  double kilobytes = 0;
  if (std::FILE* f = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, f))
      if (std::sscanf(line, "VmHWM: %lf kB", &kilobytes) == 1) break;
    std::fclose(f);
  }
  return kilobytes * 1024;
}

}  // namespace

// Hidden: it reads the peak of the whole process, so it runs alone (ctest's `memory`).
TEST_CASE("memory: B = 16384, D = 64, value and gradients stay under 100 MB resident", "[.memory]") {
  auto const q = normal_rows<float>(16384, 64, 1), k = normal_rows<float>(16384, 64, 2);
  auto const r = objective(loss::info_nce{}).value_and_grad(q, pool::in_batch(k));
  CHECK(r.rows_used == 16384);
  double const peak = peak_resident();
  WARN("peak resident: " << peak / 1e6 << " MB");
  CHECK(peak > 0);
  CHECK(peak < 100e6);
}
#endif
