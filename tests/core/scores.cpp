// SPDX-License-Identifier: BSD-3-Clause
// What lists of scores are made of: their order as integers, sums that give back what was added, spans of either type, masks, lists.
#include <algorithm>
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/guarded_sum.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/mask.hpp"
#include "foil/core/random.hpp"
#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"

using namespace foil;

namespace {
double const inf = infinity<double>(), minus_inf = minus_infinity<double>(), undefined = quiet_nan<double>();
}  // namespace

TEST_CASE("order_key: rises with the score, NaN is below all, the zeros are equal", "[core]") {
  using limits = std::numeric_limits<double>;
  std::vector<double> const rising{undefined,     minus_inf, limits::lowest(), -1, -limits::denorm_min(), 0, limits::denorm_min(), 1,
                                   limits::max(), inf};
  for (std::size_t i = 1; i < rising.size(); ++i) CHECK(order_key(rising[i - 1]) < order_key(rising[i]));
  CHECK(order_key(-0.0) == order_key(0.0));
  CHECK(order_key(std::bit_cast<double>(std::bit_cast<std::uint64_t>(undefined) | std::uint64_t(1) << 63)) == order_key(undefined));
}

TEST_CASE("places by their keys: the highest first, equal ones in their order, as many as are wanted", "[core]") {
  std::vector<double> const x{0.0, undefined, 3, -0.0, minus_inf, 3, inf};
  auto const key = [&](idx i) { return order_key(x[std::size_t(i)]); };
  CHECK(places_by(idx(x.size()), key) == std::vector<idx>{6, 2, 5, 0, 3, 4, 1});
  std::vector<idx> some{5, 3, 2, 0};
  sort_by(some, key);
  CHECK(some == std::vector<idx>{5, 2, 3, 0});
  std::vector<keyed_place> all;
  for (idx i = 0; i < 100; ++i) all.push_back({i * 37 % 10, i});
  for (idx n : {100, 37, 1, 0}) {
    keep_first(all, n);
    REQUIRE(idx(all.size()) == n);
    auto sorted = all;
    sort_keyed(sorted);
    for (idx i = 0; i < n; ++i) CHECK(sorted[std::size_t(i)].key == 9 - i / 10);
    if (n > 0) CHECK(all.back().at == sorted.back().at);
  }
}

TEST_CASE("places by their keys: many are in the order of few", "[core]") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
  random_stream draw(5, purpose::user);
  for (std::int64_t const range : {std::int64_t(1), std::int64_t(7), std::int64_t(3000), std::int64_t(1) << 45, most})
    for (std::int64_t const from : {least, -range / 2, std::int64_t(0)}) {
      std::vector<keyed_place> rising;
      for (idx i = 0; i < 5000; ++i) rising.push_back({from + draw.below(range), i});
      rising[77].key = rising[4321].key = least, rising[78].key = most;
      auto sorted = rising;
      sort_keyed(sorted), sort_rising(rising);
      bool same = true;
      for (std::size_t i = 0; i < sorted.size(); ++i) same = same && sorted[i].at == rising[i].at && sorted[i].key == rising[i].key;
      CHECK(same);
    }
}

TEST_CASE("guarded_sum: infinities and NaN decide, and sums merge", "[core]") {
  guarded_sum s;
  CHECK(s.value() == 0);
  CHECK(nan_bits(s.over(0)));
  s.add(3), s.add(inf);
  CHECK(order_key(s.value()) == order_key(inf));
  CHECK(order_key(s.over(2)) == order_key(inf));
  s.add(minus_inf);
  CHECK(nan_bits(s.value()));
  CHECK(s.undefined() == 0);
  guarded_sum other, numbers;
  other.add(minus_inf), other.add(5), numbers.add(3);
  numbers.merge(other);
  CHECK(order_key(numbers.value()) == order_key(minus_inf));
  other.add(undefined);
  s.merge(other);
  CHECK((nan_bits(s.value()) && s.undefined() == 1));
  guarded_sum five;
  five.add(5);
  five.merge(five);
  CHECK((five.value() == 10 && five.over(4) == 2.5));
}

TEST_CASE("guarded_sum: a mean is right where its sum is beyond a double, and so is a sum that came back", "[core]") {
  guarded_sum s;
  for (int i = 0; i < 3; ++i) s.add(1.5e308);
  CHECK(order_key(s.value()) == order_key(inf));
  CHECK(std::abs(s.over(3) / 1.5e308 - 1) < 1e-15);
  s.add(-1.5e308), s.add(-1.5e308);
  CHECK(std::abs(s.value() / 1.5e308 - 1) < 1e-15);
  s.add(inf);
  CHECK(order_key(s.over(2)) == order_key(inf));
}

TEST_CASE("real_span: floats and doubles where they lie, of vectors in one piece", "[core]") {
  std::vector<float> const floats{0.1f, -3};
  std::vector<double> const doubles{0.1, -3};
  real_span const narrow = floats, wide = doubles;
  CHECK((narrow.size() == 2 && narrow[0] == double(0.1f) && narrow[1] == -3));
  CHECK((wide[0] == 0.1 && real_span().empty()));
  matrix<float> m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  auto const row = m.row(1);
  CHECK(real_span(row)[2] == 6);
  auto const column = m.col(1);
  CHECK(says(refusal([&] { real_span{column}; }), {"real_span", "contiguous"}));
}

TEST_CASE("masks: none means that everything is on, another length is refused", "[core]") {
  std::vector<unsigned char> const mask{0, 1, 255};
  CHECK((!is_on(mask, 0) && is_on(mask, 1) && is_on(mask, 2) && is_on({}, 7)));
  CHECK(refusal([] { require_length(0, 9, "call", "mask"), require_length(9, 9, "call", "mask"); }).empty());
  CHECK(says(refusal([] { require_length(8, 9, "call", "mask"); }), {"call: mask", "9", "got 8"}));
}

TEST_CASE("id_lists: what is appended is read back; lists that leave their ids are refused", "[core]") {
  mining::id_lists all;
  CHECK(all.size() == 0);
  std::vector<idx> const first{4, 2}, none, last{7};
  all.append(first), all.append(none), all.append(last);
  REQUIRE(all.size() == 3);
  CHECK((std::ranges::equal(all[0], first) && all[1].empty() && std::ranges::equal(all[2], last)));
  auto const check = [&](ragged lists, idx columns) { return refusal([&] { mining::check_lists(lists, "call", columns); }); };
  CHECK(check(all.lists(), 8).empty());
  CHECK(says(check(all.lists(), 7), {"call", "id 7", "position 2"}));
  std::vector<idx> const falling{0, 2, 1, 3}, late{1, 3}, beyond{0, 4};
  for (auto const& offsets : {falling, late, beyond}) CHECK(says(check({offsets, all.values}, 8), {"call", "offsets"}));
  CHECK(says(check({none, none}, 8), {"call", "offset 0"}));
}
