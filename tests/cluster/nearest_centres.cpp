// SPDX-License-Identifier: BSD-3-Clause
// Rows to their nearest centres: against every product, with and without a guess. Tests similarity/integer_panel.hpp.
#include "foil/cluster/nearest_centres.hpp"

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/cluster/assign_to_centres.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

template <class S>
matrix<S> unit(matrix<S> const& x) {
  return unit_rows(as_view(x), "test", "x").template cast<S>();
}

/// All products, the obvious way.
template <class S>
assignment<S> every_product(matrix<S> const& rows, matrix<S> const& centres) {
  assignment<S> r;
  for (idx i = 0; i < rows.rows(); ++i) {
    S best = minus_infinity<S>();
    idx at = -1;
    for (idx c = 0; c < centres.rows(); ++c) {
      S const *a = rows.data() + i * rows.cols(), *b = centres.data() + c * rows.cols();
      S number;
      simd::dots<1>(&a, &b, rows.cols(), &number);
      if (number > best) best = number, at = c;
    }
    r.labels.push_back(at), r.cosine.push_back(best);
  }
  return r;
}

template <class S>
void same_as_every_product(idx n, idx clusters, idx dim, std::uint64_t seed) {
  CAPTURE(n, clusters, dim, seed);
  matrix<S> rows = unit<S>(normal_rows<S>(n, dim, seed)), centres = unit<S>(normal_rows<S>(clusters, dim, seed + 1));
  centres.row(clusters - 1) = centres.row(clusters / 2);  // equally near
  for (idx i = 0; i < n; i += 3) rows.row(i) = centres.row(i % clusters);
  rows.row(n / 2).setZero();
  auto const expected = every_product<S>(rows, centres);
  nearest_centres<S> const nearest(centres.data(), clusters, dim);
  random_stream draw(seed, purpose::user);
  for (int guess : {0, 1, 2, 3}) {  // none, a good one, any, the last
    CAPTURE(guess);
    typename nearest_centres<S>::searcher search(nearest);
    std::vector<idx> of(std::size_t(n), -1);
    std::vector<S> cosine(static_cast<std::size_t>(n));
    for (idx i = 0; i < n && guess > 0; ++i)
      of[std::size_t(i)] = guess == 1 ? expected.labels[std::size_t(i)] : guess == 2 ? draw.below(clusters) : clusters - 1;
    constexpr idx panel = nearest_centres<S>::panel;
    for (idx i = 0; i < n; i += panel) search(rows.data() + i * dim, (std::min)(panel, n - i), of.data() + i, cosine.data() + i);
    CHECK(of == expected.labels);
    CHECK(cosine == expected.cosine);
  }
}

}  // namespace

TEST_CASE("nearest_centres: those of all products, whatever was guessed", "[mining]") {
  std::uint64_t seed = 1;
  for (idx dim : {1, 7, 32, 64, 129})
    for (idx clusters : {1, 5, 64, 300})
      for (idx n : {1, 17, 500})
        same_as_every_product<float>(n, clusters, dim, ++seed), same_as_every_product<double>(n, clusters, dim, seed);
}

TEST_CASE("assign_to_centres: lengths mean nothing, nor do guesses, threads and how rows are stored", "[mining]") {
  matrix<float> x = normal_rows<float>(700, 40, 3), c = normal_rows<float>(90, 40, 4);
  x.row(5).setZero(), c.row(7).setZero();
  auto const r = assign_to_centres(x, c);
  auto const expected = every_product<double>(unit_rows(as_view(x), "test", "x"), unit_rows(as_view(c), "test", "c"));
  for (idx i = 0; i < x.rows(); ++i) {
    CHECK(r.cosine[std::size_t(i)] == Approx(expected.cosine[std::size_t(i)]).margin(1e-6));
    CHECK((i == 5 ? r.labels[5] == 0 : r.labels[std::size_t(i)] == expected.labels[std::size_t(i)]));
  }
  matrix<float> longer = x;
  longer *= 8;
  CHECK(assign_to_centres(longer, c).labels == r.labels);
  auto const again = assign_to_centres(x, c, {threads(3)}, r.labels);
  CHECK(again.labels == r.labels);
  CHECK(again.cosine == r.cosine);
  matrix<Eigen::half> const small = x.cast<Eigen::half>();
  CHECK(assign_to_centres(small, c).labels == assign_to_centres(matrix<float>(small.cast<float>()), c).labels);
  CHECK(assign_to_centres(matrix<float>(0, 40), c).labels.empty());
}

TEST_CASE("assign_to_centres: what it refuses", "[mining]") {
  matrix<float> const x = normal_rows<float>(4, 3, 1), c = normal_rows<float>(2, 3, 2), other = normal_rows<float>(2, 5, 2);
  std::vector<int> const few{0, 1}, outside{0, 1, 2, 0};
  CHECK(says(refusal([&] { assign_to_centres(x, other); }), {"assign_to_centres", "[4, 3]", "[2, 5]"}));
  CHECK(says(refusal([&] { assign_to_centres(x, matrix<float>(0, 3)); }), {"assign_to_centres", "centres"}));
  CHECK(says(refusal([&] { assign_to_centres(x, c, {}, few); }), {"assign_to_centres", "guess", "4", "2"}));
  CHECK(says(refusal([&] { assign_to_centres(x, c, {}, outside); }), {"assign_to_centres", "guess 2", "row 2", "0 .. 1"}));
  matrix<float> nan = x;
  nan(1, 2) = std::nanf("");
  CHECK(says(refusal([&] { assign_to_centres(nan, c); }), {"assign_to_centres", "rows"}));
}
