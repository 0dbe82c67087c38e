// SPDX-License-Identifier: BSD-3-Clause
// Copies and representatives are what a search over all canonical cosines finds.
// Tests lists/close_rows.hpp.
#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/lists/audit.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

/// Rows of which many lie close to earlier ones, at angles from nothing to clear, some are copies and some zero.
template <class T>
matrix<T> crowd(idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<T> x(n, dim);
  for (idx i = 0; i < n; ++i) {
    double const off = i > 0 && r.below(3) > 0 ? std::pow(10.0, -double(r.below(9))) : 1;
    idx const from = r.below((std::max)(i, idx(1)));
    for (idx k = 0; k < dim; ++k) x(i, k) = T(float((off < 1 ? double(x(from, k)) : 0) + off * r.normal()));
    if (i > 0 && r.below(5) == 0) x.row(i) = x.row(from);
    if (r.below(20) == 0) x.row(i).setConstant(T(0));
  }
  return x;
}

}  // namespace

TEST_CASE("duplicates_of_positives, representatives: those of canonical cosines", "[mining]") {
  auto const run = [](auto const& x) {
    idx const n = x.rows(), d = x.cols();
    auto const unit = unit_rows(as_view(x), "test", "x");
    auto const cosine = [&](idx i, idx j) { return simd::canonical_dot(unit.data() + i * d, unit.data() + j * d, d); };
    std::vector<double> at{1.1, 1, 1 - 1e-6, 1 - 1e-9, 0.98, 0.3, 0, -0.5, -2};
    for (idx i = 0; i + 1 < n && i < 40; i += 4) at.push_back(cosine(i, i + 1));  // cosines that occur
    random_stream r(7, purpose::user);
    std::vector<idx> offsets{0}, positives;
    for (idx q = 0; q < 30; ++q) {
      for (idx k = r.below(4); k > 0; --k) positives.push_back(r.below(n));
      std::sort(positives.begin() + offsets.back(), positives.end());
      positives.erase(std::unique(positives.begin() + offsets.back(), positives.end()), positives.end());
      offsets.push_back(idx(positives.size()));
    }
    idx shared = 0, banned = 0;
    for (double t : at) {
      INFO("cosine " << t << ", " << n << " rows");
      std::vector<idx> want, first;
      for (idx i = 0; i < n; ++i) {
        bool const zero = cosine(i, i) == 0;
        idx found = i;
        for (idx f : first)
          if (found == i && (zero ? cosine(f, f) == 0 : cosine(i, f) >= t)) found = f;
        if (found == i) first.push_back(i);
        want.push_back(found), shared += found != i;
      }
      CHECK(representatives(x, t) == want);
      auto const bans = duplicates_of_positives(x, {offsets, positives}, t);
      for (idx q = 0; q < 30; ++q) {
        std::vector<idx> row;
        for (idx c = 0; c < n; ++c) {
          bool is = false, own = false;
          for (idx p = offsets[std::size_t(q)]; p < offsets[std::size_t(q) + 1]; ++p) {
            is = is || cosine(c, positives[std::size_t(p)]) >= t - 1e-9;
            own = own || positives[std::size_t(p)] == c;
          }
          if (is && !own) row.push_back(c);
        }
        std::vector<idx> const got(bans[q].begin(), bans[q].end());
        CHECK(got == row);
        banned += idx(row.size());
      }
    }
    CHECK(shared > n);
    CHECK(banned > n);
  };
  run(crowd<float>(700, 16, 1));
  run(crowd<float>(530, 3, 2));
  run(crowd<double>(300, 40, 3));
  run(crowd<Eigen::half>(260, 9, 4));
}

TEST_CASE("representatives: none, one, and all alike", "[mining]") {
  matrix<float> x = matrix<float>::Ones(600, 5);
  CHECK(representatives(x) == std::vector<idx>(600, 0));
  CHECK(representatives(matrix<float>(x.topRows(1))) == std::vector<idx>{0});
  CHECK(representatives(matrix<float>(x.topRows(0))).empty());
  x.setZero();
  CHECK(representatives(x) == std::vector<idx>(600, 0));
}
