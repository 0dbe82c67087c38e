// SPDX-License-Identifier: BSD-3-Clause
// The angular miner against every triplet by its differences: the same triplets where angles stand at the limit, where rows are far
// apart in length, where products lose all digits, and for any number of threads. Tests batch/angle_rows.hpp, batch/angle_limit.hpp.
#include "../table/table.hpp"
#include "foil/batch/angular_miner.hpp"

using namespace table;
using namespace foil::mining;

namespace {

/// The definition, in the order of the result.
angular_triplets brute(matrix<double> const& x, std::vector<idx> const& labels, matrix<double> const& c, std::vector<idx> const& others,
                       double degrees, bool same) {
  int const exponent = (std::min)(scaling_exponent_of_rows(as_view(x)), scaling_exponent_of_rows(as_view(c)));
  matrix<double> const a = rescaled_rows(as_view(x), exponent), b = rescaled_rows(as_view(c), exponent);
  angular_triplets out;
  for (idx i = 0; i < a.rows(); ++i)
    for (idx p = 0; p < b.rows(); ++p) {
      if (others[std::size_t(p)] != labels[std::size_t(i)] || (same && p == i)) continue;
      double base = 0;
      for (idx k = 0; k < a.cols(); ++k) base += (a(i, k) - b(p, k)) * (a(i, k) - b(p, k));
      for (idx n = 0; n < b.rows(); ++n) {
        if (others[std::size_t(n)] == labels[std::size_t(i)]) continue;
        double height = 0;
        for (idx k = 0; k < a.cols(); ++k) {
          double const u = b(n, k) - (a(i, k) + b(p, k)) / 2;
          height += u * u;
        }
        if (base == 0 && height == 0) continue;
        double const angle = angle_of(base, height);
        if (angle > degrees) out.triplets.add(i, p, n), out.degrees.push_back(angle);
      }
    }
  return out;
}
bool same_triplets(index_triplets const& a, index_triplets const& b) {
  return a.anchors == b.anchors && a.positives == b.positives && a.negatives == b.negatives;
}

}  // namespace

TEST_CASE("angular: what every triplet's differences say, at any limit and for any number of threads", "[batch]") {
  idx kept = 0;
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    random_stream draw(seed, purpose::user);
    bool const same = seed % 2 == 0;
    idx const n = 20 + draw.below(180), m = same ? n : 5 + draw.below(150), d = 1 + draw.below(20);
    auto const rows = [&](idx count) {
      matrix<double> x(count, d);
      // Whole numbers tie: angles of 0, 45 and 90 degrees are met exactly.
      for (idx k = 0; k < x.size(); ++k) x.data()[k] = seed % 3 == 0 ? double(draw.below(3)) : draw.normal() * (seed % 5 == 0 ? 1e150 : 1);
      return x;
    };
    matrix<double> x = rows(n);
    if (seed % 4 == 1) x.row(0) *= 1e-9, x.row(n - 1) *= 1e6;
    if (seed % 4 == 2) x.array() += 1e5;  // far from the origin: products keep few digits of a height
    matrix<double> const c = same ? x : rows(m);
    std::vector<idx> labels, others;
    for (idx i = 0; i < n; ++i) labels.push_back(draw.below(seed % 6 == 5 ? 2 : 7));
    for (idx i = 0; i < m; ++i) others.push_back(same ? labels[std::size_t(i)] : draw.below(7));
    for (double degrees : {-1.0, 0.0, 1e-120, 20.0, 30.0, 45.0, 60.0, 89.9, 90.0}) {
      INFO("seed " << seed << ", above " << degrees);
      auto const want = brute(x, labels, c, others, degrees, same);
      kept += want.triplets.size();
      auto const run = [&](int workers) {
        return angular_miner(x, labels, c, others, {.degrees = degrees, .executor = threads(workers)}, same);
      };
      auto const got = run(1);
      REQUIRE(same_triplets(got.triplets, want.triplets));
      REQUIRE(got.degrees.size() == want.degrees.size());
      double worst = 0;
      for (std::size_t t = 0; t < want.degrees.size(); ++t)
        worst = (std::max)(worst, std::abs(got.degrees[t] - want.degrees[t]) / (want.degrees[t] + 1e-300));
      CHECK(worst < 1e-11);
      for (int workers : {2, 3}) {
        auto const shared = run(workers);
        CHECK((same_triplets(shared.triplets, got.triplets) && shared.degrees == got.degrees));
      }
    }
  }
  CHECK(kept > 100'000);
}

TEST_CASE("angular: the same triplets and bits however few products are kept", "[batch]") {
  auto const x = normal_rows<double>(150, 11, 1);
  std::vector<idx> labels, columns;
  for (idx i = 0; i < 150; ++i) labels.push_back(i * 37 % 150 / 50);
  for (idx label : {0, 1, 2})
    for (idx i = 0; i < 150; ++i)
      if (labels[std::size_t(i)] == label) columns.push_back(i);
  auto const want = angular_miner(x, labels, {.degrees = 25});
  REQUIRE(want.triplets.size() > 0);
  angle_table const table(x, x);
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 15, std::size_t(1) << 17}) {
    angular_triplets got;
    angle_rows scan(table, 25, budget);
    scan(
        {0, 150}, true, [&](idx i) { return std::span<idx const>(columns).subspan(std::size_t(labels[std::size_t(i)] * 50), 50); },
        got.triplets, got.degrees, 150);
    CHECK(same_triplets(got.triplets, want.triplets));
    for (std::size_t t = 0; t < got.degrees.size(); ++t) CHECK(got.degrees[t] == Approx(want.degrees[t]).epsilon(1e-11));
  }
}
