// SPDX-License-Identifier: BSD-3-Clause
// Extending foil from outside: a loss, a statistic, a list loss, a filter, a similarity, a pool, a sampler, a scorer and an
// executor, each in the fewest lines. Every one of them is used below, and what it gives is compared with what it should.
#include <cmath>
#include <cstdio>
#include <foil/foil.hpp>
#include <future>

using foil::idx;

// [statistic] The sum of the squares of a row's scaled scores. S: float or double.
struct sum_of_squares {
  foil::when_empty empty = foil::when_empty::neutral;
  template <foil::Scalar S>
  struct state {
    double sum = 0;
  };
  template <foil::Scalar S>
  void add(state<S>& s, foil::slice<S> const& x) const {  // all live pairs of a slice of at most 256 columns
    each_live(x, [&](idx j) { s.sum += double(x.u[j]) * double(x.u[j]); });
  }
  template <foil::Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.sum += b.sum;
  }
  template <foil::Scalar S>
  bool defined(state<S> const&) const {
    return true;
  }
  template <foil::Scalar S>
  double value(state<S> const& s) const {
    return s.sum;
  }
  template <foil::Scalar S>
  void slope(state<S> const&, S c, foil::slice<S> const& x, S* out) const {  // out_j += c * d value / d u_j
    each_live(x, [&](idx j) { out[j] += c * 2 * x.u[j]; });
  }

 private:
  template <foil::Scalar S, class F>
  static void each_live(foil::slice<S> const& x, F const& f) {
    for (idx j = 0; j < x.size; ++j)
      if (x.bias[j] > foil::log_zero_limit<S>) f(j);
  }
};
// [end]

// [loss] InfoNCE that also keeps scores small: logsumexp of all pairs - mean of the positives + lambda * sum of squares.
struct info_nce_l2 {
  static constexpr char const* name = "info_nce_l2";
  double temperature = 0.1, lambda = 0.01;  // in [1e-20, 1e30]; in [0, 1e15]
  static void options(auto list) {
    list("temperature", &info_nce_l2::temperature, foil::range::temperature),
        list("lambda", &info_nce_l2::lambda, foil::range::not_negative);
  }
  double scale() const { return 1 / temperature; }
  auto stats() const {
    return std::tuple(foil::stat::log_sum_exp<foil::over::everyone>{}, foil::stat::mean<foil::over::positives>{}, sum_of_squares{});
  }
  foil::row_loss<double, 3> row(double all, double positive, double squares) const {
    return {all - positive + lambda * squares, {1, -1, lambda}};  // the value, and its derivative by each number
  }
};
// [end]

// [list loss] Squared error of the best item's score against the best target.
struct best_item_mse {
  static constexpr char const* name = "best_item_mse";
  foil::loss::list_row row(std::span<double const> s, std::span<double const> t, std::span<double> slope) const {
    auto const best = std::size_t(std::max_element(t.begin(), t.end()) - t.begin());
    double const d = s[best] - t[best];
    slope[best] = 2 * d;
    return {d * d};
  }
};
// [end]

// [filter] Drops candidates of the anchor's own source (a crawl, an author).
struct other_source {
  static constexpr char const* name = "other_source";  // of the count in mined.dropped
  foil::id_list rows, columns;
  void check(idx n, idx m) const {
    foil::require(rows.size() == n && columns.size() == m, "other_source: one source for each of ", n, " rows and ", m, " columns");
  }
  template <foil::Scalar S>
  void weigh(foil::bias_row<S> const& r, S* bias) const {
    foil::drop_where(r, bias, [&](idx j) { return columns[r.first + j] == rows[r.row]; });
  }
};
// [end]

// [similarity] The arc cosine's complement: 1 - angle / pi, on unit rows.
struct angular {
  static constexpr foil::metric kind{.unit = true};
  static constexpr bool monotone = true;  // a larger cosine never scores lower: mining ranks by products
  template <class S>
  S link(S c) const {
    return S(1 - std::acos(clamped(double(c))) / pi);
  }
  template <class S>
  S link_slope(S score) const {  // d score / d cosine, from the score
    return S(1 / (pi * std::sin(std::min(std::max(pi * (1 - double(score)), 1e-6), pi - 1e-6))));
  }

 private:
  static constexpr double pi = 3.14159265358979323846;
  static double clamped(double c) { return std::min(std::max(c, -1.0), 1.0); }
};
// [end]

// [pool] The filled part of a ring of past embeddings, as constants.
auto recent(foil::matrix<double> const& ring, idx filled) { return foil::pool::bank(ring.topRows(filled)); }
// [end]

// [sampler] Every second survivor, hardest first.
struct every_second {
  std::vector<idx> choose(foil::real_span scores, idx k, foil::random_stream&) const {
    std::vector<idx> places;
    for (idx place = 0; place < scores.size() && idx(places.size()) < k; place += 2) places.push_back(place);
    return places;
  }
};
// [end]

// [scorer] Tokens above half of the largest logit's probability: a count, from a state that keeps the logits, so that shards can be joined.
struct near_top {
  double temperature = 1;
  struct state {
    std::vector<double> logits;
    void add(float const* z, idx n, double scale) {
      for (idx j = 0; j < n; ++j) logits.push_back(scale * double(z[j]));
    }
    void merge(state const& other) { logits.insert(logits.end(), other.logits.begin(), other.logits.end()); }
  };
  state start() const { return {}; }
  double value(state const& s) const {
    double const top = *std::max_element(s.logits.begin(), s.logits.end());
    return double(std::count_if(s.logits.begin(), s.logits.end(), [&](double z) { return z >= top - std::log(2.0); }));
  }
};
// [end]

// [executor] Tasks by std::async.
foil::executor asynchronous(int workers) {
  return {workers, [](int n, foil::executor::task task, void* work) {
            std::vector<std::future<void>> running;
            for (int i = 1; i < n; ++i) running.push_back(std::async(std::launch::async, task, work, i));
            task(work, 0);
            for (auto& r : running) r.get();
          }};
}
// [end]

namespace {
int failures = 0;
void expect(char const* what, bool good) {
  std::printf("%-11s %s\n", what, good ? "as expected" : "WRONG");
  failures += !good;
}
foil::matrix<double> random(idx n, idx d, std::uint64_t seed) {
  foil::random_stream draw(seed, foil::purpose::user);
  foil::matrix<double> x(n, d);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = draw.normal();
  return x;
}
}  // namespace

int main() {
  auto const q = random(6, 8, 1), k = random(6, 8, 2), documents = random(40, 8, 3);
  namespace pool = foil::pool;

  expect("statistic", foil::check_gradient(foil::objective{info_nce_l2{.lambda = 0.3}}, q, pool::in_batch(k)).error < 1e-6);
  auto const plain = foil::objective{foil::loss::info_nce{.temperature = 0.1}}.value_and_grad(q, pool::in_batch(k));
  expect("loss", std::abs(foil::objective{info_nce_l2{.lambda = 0}}.value(q, pool::in_batch(k)).value - plain.value) < 1e-12);

  auto const lists = foil::loss::value_and_grad_lists(best_item_mse{}, q, k);
  expect("list loss", lists.lists_used == 6 && lists.scores.cwiseAbs().maxCoeff() > 0);

  std::vector<int> const rows{0, 1, 2, 0, 1, 2};
  std::vector<int> columns;
  for (int j = 0; j < 40; ++j) columns.push_back(j % 3);
  auto const filtered = foil::mine(q, pool::bank(documents, foil::roles::all_negative{}, other_source{rows, columns}), {.negatives = 5});
  bool apart = filtered.short_rows == 0;
  for (idx r = 0; r < 6; ++r)
    for (idx n = 0; n < 5; ++n) apart = apart && columns[std::size_t(filtered.id(r, n))] != rows[std::size_t(r)];
  expect("filter", apart);

  foil::objective const by_angle{foil::loss::info_nce{.temperature = 0.1}, angular{}};
  auto const ranked = foil::mine(q, pool::bank(documents), {.negatives = 5});
  expect("similarity", foil::check_gradient(by_angle, q, pool::in_batch(k)).error < 1e-6 &&
                           foil::mine(q, pool::bank(documents), {.negatives = 5}, angular{}).ids == ranked.ids);
  expect("pool", foil::objective{foil::loss::info_nce{}}.value(q, pool::in_batch(k), recent(documents, 9)).kept[0] == 5 + 9);

  auto const all = foil::mine(q, pool::bank(documents), {.negatives = 6});
  auto const drawn = foil::mine(q, pool::bank(documents), {.negatives = 3, .range_max = 6, .sampling = every_second{}});
  expect("sampler", drawn.id(0, 0) == all.id(0, 0) && drawn.id(0, 1) == all.id(0, 2) && drawn.id(0, 2) == all.id(0, 4));

  foil::matrix<float> logits(1, 4);
  logits << 3, 2.9f, 2, -1;
  expect("scorer", foil::score::tokens(logits, near_top{})[0] == 2);

  foil::objective const shared{foil::loss::info_nce{.temperature = 0.1}, {}, {}, {.executor = asynchronous(3)}};
  expect("executor", shared.value_and_grad(q, pool::in_batch(k)).anchors == plain.anchors);
  return failures;
}
