// SPDX-License-Identifier: BSD-3-Clause
// Roles, filters and weights of a row of n columns, and what opens and keeps rows, beside a look at each column.
#include "../every.hpp"
#include "foil/batch.hpp"
#include "foil/bias.hpp"
#include "foil/core/canonical_order.hpp"
#include "foil/core/id_set.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/pool.hpp"
#include "foil/reduce.hpp"
#include "foil/roles.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace bench;
  every t("parts", count, argv);
  using numbers = std::vector<float>;
  auto const scores = [](idx n) {
    auto const x = noise(1, n, 1);
    return numbers(x.data(), x.data() + n);
  };
  // A slice of a row: n columns at once, where a loss would give 256 at a time.
  auto const bias_of = [&](char const* name, double read, auto make, double exps = 0) {
    t.row(name, linear, many, [=](idx n) {
      return job{
          [=, s = scores(n), g = scores(n), out = numbers(std::size_t(n)), i = cycle(n, n), r = std::vector<idx>(std::size_t(n), 5),
           w = noise(1, n, 3).cwiseAbs().eval(), q = normal(n), on = std::vector<unsigned char>(std::size_t(n), 1)]() mutable {
            bias_row<float> row{
                .size = n, .score = s.data(), .guide = g.data(), .has_positive = true, .lowest_positive = 0.5f, .highest_positive = 0.7f};
            make(i, r, w, q, on).weigh(row, out.data()), hold(out);
          },
          {.read = (4 + read) * n, .exps = exps * n}};
    });
  };
  bias_of("bias::bounds", 4, [](auto&&...) { return bias::bounds{.upper = 2}; }),
      bias_of("bias::max_score", 4, [](auto&&...) { return bias::max_score{2}; });
  bias_of("bias::min_score", 4, [](auto&&...) { return bias::min_score{-2}; }),
      bias_of("bias::absolute_margin", 4, [](auto&&...) { return bias::absolute_margin{}; });
  bias_of("bias::relative_margin", 4, [](auto&&...) { return bias::relative_margin{}; }),
      bias_of(
          "bias::ramp", 4, [](auto&&...) { return bias::ramp{}; }, 0.1);
  bias_of("bias::same_id", 8, [](auto& i, auto& r, auto&&...) { return bias::same_id(r, i); });
  bias_of("bias::same_label", 8, [](auto& i, auto& r, auto&&...) { return bias::same_label(r, i); });
  bias_of("bias::mask", 1, [](auto&, auto&, auto&, auto&, auto& on) { return bias::mask(on, idx(on.size())); });
  bias_of(
      "bias::weights", 4, [](auto&, auto&, auto& w, auto&&...) { return bias::weights(w); }, 0.3);
  bias_of(
      "bias::taper", 4, [](auto&, auto&, auto& w, auto&&...) { return bias::taper(w); }, 0);
  bias_of("bias::log_q", 8, [](auto&, auto&, auto&, auto& q, auto&) { return bias::log_q(q); });
  bias_of(
      "bias::cluster_size", 8, [](auto& i, auto&&...) { return bias::cluster_size(i); }, 1);
  bias_of("bias::per_pair", 4,
          [](auto&&...) { return bias::per_pair([](auto const& p) { return p.score > 1 ? log_zero<float> : 0.0f; }); });
  bias_of("bias::listed", 0, [](auto& i, auto&&...) {
    static std::vector<idx> const ends{0, 50};
    return bias::listed(ends, i);
  });
  bias_of(
      "bias::disagreement", 8,
      [](auto& i, auto&&...) {
        static std::vector<id_list> of(1, id_list(i));
        of[0] = id_list(i);
        return bias::disagreement(of);
      },
      1);
  bias_of("bias::guide", 4, [](auto&, auto&, auto& w, auto&&...) {
    static numbers const limit(std::size_t(1), 0.5f);
    return bias::guide(w, w, limit);
  });
  bias_of("bias::near_duplicate", 4, [](auto& i, auto&, auto& w, auto&&...) {
    static std::vector<idx> const ends{0, 1};
    return bias::near_duplicate(as_view(w), ends, i);
  });
  auto const roles_of = [&](char const* name, double read, auto make) {
    t.row(name, linear, many, [=](idx n) {
      return job{[=, out = numbers(std::size_t(n)), i = cycle(n, n / 4), on = std::vector<unsigned char>(std::size_t(n), 0),
                  off = std::vector<unsigned char>(std::size_t(n), 1), positives = std::vector<idx>()]() mutable {
                   positives.clear(), make(i, on, off).label(0, 0, n, out.data(), positives), hold(out);
                 },
                 {.read = (4 + read) * n}};
    });
  };
  roles_of("roles::by_label", 8, [](auto& i, auto&&...) { return roles::by_label(i); }),
      roles_of("roles::diagonal", 0, [](auto&&...) { return roles::diagonal{}; });
  roles_of("roles::target", 0, [](auto& i, auto&&...) { return roles::target(i); }),
      roles_of("roles::other_clusters", 0, [](auto& i, auto&&...) { return roles::other_clusters(i); });
  roles_of("roles::listed", 0, [](auto& i, auto&&...) {
    static std::vector<idx> const ends{0, 50};
    return roles::listed(ends, i);
  });
  roles_of("roles::masks", 2, [](auto&, auto& on, auto& off) { return roles::masks(on, off, idx(on.size())); });
  roles_of("roles::per_pair", 0,
           [](auto&&...) { return roles::per_pair([](idx, idx column) { return column == 3 ? role::positive : role::negative; }); });
  roles_of("roles::other_view", 0, [](auto&&...) { return roles::other_view(2); });
  roles_of("roles::all_negative", 0, [](auto&&...) { return roles::all_negative{}; }),
      roles_of("roles::all_positive", 8, [](auto&&...) { return roles::all_positive{}; });
  roles_of("roles::negatives_except_self", 0, [](auto&&...) { return roles::negatives_except_self{}; }),
      roles_of("roles::positives_except_self", 8, [](auto&&...) { return roles::positives_except_self{}; });
  t.row("reduce::weighted", linear, many, [](idx n) {
    return job{[w = uniform(n), n] {
                 reduce::weighted const r(w);
                 r.check(n);
                 double s = 0;
                 for (idx i = 0; i < n; ++i) s += r.share(i, 1);
                 hold(s);
               },
               {.read = 16. * n, .sums = 1. * n, .divides = 1. * n}};
  });
  t.row("pool::queue::push", linear, many, [](idx n) {
    return job{[x = noise(n / 10, 64, 1), q = pool::queue<float>(n / 10, 64)]() mutable { q.push(x), hold(q); }, {.read = 77. * n}};
  });
  t.row("unit_rows", linear, many, [](idx n) {
    return job{[x = noise(n / 10, 64, 1)] { hold(unit_rows(x)); }, {.read = 52. * n, .fresh = 26. * n}};
  });
  t.row("canonical_order, k = 10", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(mining::canonical_order(x, 10)); }, {.read = 8. * n}};
  });
  t.row("canonical_order", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(mining::canonical_order(x)); }, {.fresh = 8. * n, .sorted = 1. * n}};
  });
  t.row("ascending_order", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(mining::ascending_order(x)); }, {.fresh = 8. * n, .sorted = 1. * n}};
  });
  t.row("id_set", with_log, many, [](idx n) {
    return job{[x = ids(n, 10 * n)] { hold(mining::id_set(x)); }, {.fresh = 8. * n, .sorted = 1. * n}};
  });
  t.row("on_triplets", linear, {100, 1000, 10000}, [](idx n) {
    return job{[z = noise(500, 64, 1), i = mining::index_triplets{ids(n, 500), ids(n, 500, 2), ids(n, 500, 3)}] {
                 hold(mining::on_triplets(objective(loss::triplet{}, similarity::cosine{}), z, i));
               },
               {.read = 3. * 256 * n, .fresh = 3. * 256 * n, .macs = 6. * 64 * n}};
  });
}
