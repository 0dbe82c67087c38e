// SPDX-License-Identifier: BSD-3-Clause
// Roles are asked by slice; every slice must say what the pairs say.
// Tests roles/diagonal.hpp, roles/other_view.hpp, roles/other_clusters.hpp.
#include "foil/roles.hpp"

#include "../catch.hpp"
#include "../refusal.hpp"

using namespace foil;

namespace {

/// `what(i, j)`: the role of each pair, asked in slices of several lengths and offsets.
template <class R, class What>
void check(R const& roles, idx rows, idx columns, What what) {
  CHECK(refusal([&] { roles.check(rows, columns); }) == "");
  for (idx step : {idx(1), idx(3), columns})
    for (idx i = 0; i < rows; ++i)
      for (idx first = 0; first < columns; first += step) {
        idx const n = (std::min)(step, columns - first);
        std::vector<float> bias(std::size_t(n), 7.f);
        std::vector<idx> positives, want;
        roles.label(i, first, n, bias.data(), positives);
        for (idx j = 0; j < n; ++j) {
          INFO("row " << i << ", column " << first + j << ", step " << step);
          role const r = what(i, first + j);
          CHECK(bias[std::size_t(j)] == (r == role::negative ? 0.f : log_zero<float>));
          if (r == role::positive) want.push_back(j);
        }
        CHECK(positives == want);
      }
  auto const lists = [&](auto const& each, role which) {
    for (idx i = 0; i < rows; ++i) {
      std::vector<idx> listed, want;
      each(i, [&](idx j) { listed.push_back(j); });
      std::sort(listed.begin(), listed.end());
      for (idx j = 0; j < columns; ++j)
        if (what(i, j) == which) want.push_back(j);
      CHECK(listed == want);
    }
  };
  if constexpr (requires { roles.each_positive(idx(0), [](idx) {}); })
    lists([&](idx i, auto f) { roles.each_positive(i, f); }, role::positive);
  if constexpr (requires { typename R::positive_index; })
    lists([index = typename R::positive_index(roles)](idx i, auto f) { index.each_positive(i, f); }, role::positive);
  if constexpr (requires { std::declval<typename R::positive_index const&>().contains(idx(0), idx(0)); }) {
    typename R::positive_index const index(roles);
    for (idx i = 0; i < rows; ++i)
      for (idx j = 0; j < columns; ++j) CHECK(index.contains(i, j) == (what(i, j) == role::positive));
  }
  if constexpr (requires { roles.each_absent(idx(0), [](idx) {}); }) lists([&](idx i, auto f) { roles.each_absent(i, f); }, role::absent);
}
role positive_if(bool yes) { return yes ? role::positive : role::negative; }

}  // namespace

TEST_CASE("roles: each says in slices what it says of pairs", "[roles]") {
  check(roles::diagonal{}, 5, 7, [](idx i, idx j) { return positive_if(i == j); });
  std::vector<int> const a{0, 1, 0, 2}, b{2, 0, 0, 1, 1, 3};
  check(roles::by_label(a, b), 4, 6, [&](idx i, idx j) { return positive_if(a[std::size_t(i)] == b[std::size_t(j)]); });
  check(roles::by_label(a), 4, 4,
        [&](idx i, idx j) { return i == j ? role::absent : positive_if(a[std::size_t(i)] == a[std::size_t(j)]); });
  std::vector<std::int8_t> const narrow{2, 0, 0, 1, 1, 3};
  std::vector<idx> const except{1, -1, 4, 2}, wide{0, 1, 1000, 2};
  check(roles::by_label(a, narrow).except(except), 4, 6, [&](idx i, idx j) {
    return except[std::size_t(i)] == j ? role::absent : positive_if(a[std::size_t(i)] == narrow[std::size_t(j)]);
  });
  std::vector<idx> const as_rows{1, 2, 3, 4}, as_columns{2, 1, 3, 4};
  check(roles::by_label(as_rows, as_columns, true), 4, 4,
        [&](idx i, idx j) { return i == j ? role::absent : positive_if(as_rows[std::size_t(i)] == as_columns[std::size_t(j)]); });
  check(roles::by_label(wide, narrow), 4, 6, [&](idx i, idx j) { return positive_if(wide[std::size_t(i)] == narrow[std::size_t(j)]); });
  std::vector<idx> const themselves{0, 1, 3, -1};
  check(roles::by_label(a).except(themselves), 4, 4, [&](idx i, idx j) {
    return i == j || themselves[std::size_t(i)] == j ? role::absent : positive_if(a[std::size_t(i)] == a[std::size_t(j)]);
  });
  std::vector<idx> const targets{4, 0, 4};
  check(roles::target(targets), 3, 5, [&](idx i, idx j) { return positive_if(targets[std::size_t(i)] == j); });
  std::vector<idx> const offsets{0, 3, 3, 5, 6}, ids{5, 2, 5, 0, 1, 3};
  ragged const lists{offsets, ids};
  check(roles::listed(offsets, ids), 4, 7, [&](idx i, idx j) { return positive_if(lists.contains(i, j)); });
  check(roles::listed(offsets, ids, true), 4, 7, [&](idx i, idx j) { return i == j ? role::absent : positive_if(lists.contains(i, j)); });
  std::vector<unsigned char> const p{1, 0, 0, 0, 1, 0}, n{0, 1, 0, 1, 0, 1};
  check(roles::masks(p, n, 3), 2, 3, [&](idx i, idx j) {
    auto const at = std::size_t(3 * i + j);
    return p[at] ? role::positive : n[at] ? role::negative : role::absent;
  });
  std::vector<unsigned char> sparse(std::size_t(3 * 21), 0), others(sparse.size(), 1);
  for (idx at : {0, 7, 8, 20, 21 + 15, 21 + 16, 2 * 21 + 20}) sparse[std::size_t(at)] = 1, others[std::size_t(at)] = 0;
  check(roles::masks(sparse, others, 21), 3, 21, [&](idx i, idx j) { return positive_if(sparse[std::size_t(21 * i + j)] != 0); });
  check(roles::other_view(3), 6, 6, [](idx i, idx j) { return i == j ? role::absent : positive_if((i + 3) % 6 == j); });
  std::vector<idx> const clusters{2, 0, 2};
  check(roles::other_clusters(clusters), 3, 4, [&](idx i, idx j) { return clusters[std::size_t(i)] == j ? role::absent : role::negative; });
  check(roles::other_clusters(clusters, true), 3, 4, [&](idx i, idx j) { return positive_if(clusters[std::size_t(i)] == j); });
  check(roles::all_negative{}, 2, 5, [](idx, idx) { return role::negative; });
  check(roles::all_positive{}, 2, 5, [](idx, idx) { return role::positive; });
  check(roles::negatives_except_self{}, 4, 4, [](idx i, idx j) { return i == j ? role::absent : role::negative; });
  auto const rule = [](idx i, idx j) { return role((i + 2 * j) % 3); };
  check(roles::per_pair(rule), 4, 7, rule);
  auto const positives = [&](idx i, auto f) {
    for (idx j = 0; j < 7; ++j)
      if (rule(i, j) == role::positive) f(j);
  };
  check(roles::per_pair(rule, positives), 4, 7, rule);
  check(roles::positives_except_self{}, 4, 4, [](idx i, idx j) { return i == j ? role::absent : role::positive; });
}
TEST_CASE("roles: what does not fit is refused with its numbers", "[roles]") {
  std::vector<idx> const targets{4, 0, 9}, clusters{0, -1}, offsets{0, 2, 1}, ids{0, 1};
  std::vector<unsigned char> const p{1, 0}, n{1, 0};
  CHECK(says(refusal([&] { roles::diagonal{}.check(5, 4); }), {"diagonal", "5", "4"}));
  CHECK(says(refusal([&] { roles::target(targets).check(3, 5); }), {"target", "row 2", "9", "0 .. 4"}));
  CHECK(says(refusal([&] { roles::other_clusters(clusters).check(2, 3); }), {"row 1", "-1", "0 .. 2"}));
  CHECK(says(refusal([&] { roles::listed(offsets, ids).check(2, 3); }), {"offsets"}));
  CHECK(says(refusal([&] { roles::masks(p, n, 2).check(1, 2); }), {"(0, 0)", "at once"}));
  CHECK(says(refusal([&] { roles::other_view(3).check(5, 6); }), {"6", "5"}));
  CHECK(says(refusal([&] { roles::negatives_except_self{}.check(5, 6); }), {"5", "6"}));
}
TEST_CASE("roles: sizes that overflow are refused, not wrapped", "[roles]") {
  idx const least = (std::numeric_limits<idx>::min)(), most = (std::numeric_limits<idx>::max)();
  CHECK(says(refusal([&] { roles::other_view{least + 2}; }), {"other_view", "-9223372036854775806"}));
  CHECK(says(refusal([&] { roles::other_view(most).check(4, 4); }), {"other_view", "9223372036854775807"}));
  CHECK(says(refusal([&] { roles::other_view(idx(1) << 62).check(0, 0); }), {"other_view"}));
  CHECK_NOTHROW(roles::other_view(2).check(4, 4));
  std::vector<unsigned char> const empty;
  CHECK(says(refusal([&] { roles::masks(empty, empty, idx(1) << 32).check(idx(1) << 32, idx(1) << 32); }), {"masks"}));
}
