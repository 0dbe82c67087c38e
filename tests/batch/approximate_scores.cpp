// SPDX-License-Identifier: BSD-3-Clause
// Miners that ask within bands find what a search over all canonical scores finds, ties included.
// Tests batch/approximate_scores.hpp, batch/batch_row.hpp, batch/embedded_scores.hpp, simd/between.hpp, simd/sphere_weights.hpp,
// similarity/packed_columns.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/batch/batch_hard.hpp"
#include "foil/batch/batch_pairs.hpp"
#include "foil/batch/distance_weighted_miner.hpp"
#include "foil/batch/pair_margin_miner.hpp"
#include "foil/batch/triplet_margin_miner.hpp"
#include "foil/similarity/cosine.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

using triplet = std::array<idx, 3>;
using pair = std::array<idx, 2>;

/// Links of users: one that only says that it rises, and one that does not even rise.
struct cubed : similarity::dot {
  static constexpr bool identity = false, monotone = true;
  template <Scalar S>
  S link(S x) const {
    return x * x * x;
  }
};
struct squared {
  static constexpr metric kind{.unit = true};
  template <Scalar S>
  S link(S x) const {
    return x * x;
  }
  template <Scalar S>
  S link_slope(S x) const {
    return x;
  }
};
/// A distance in another unit.
struct triple_l2 : similarity::neg_l2 {
  template <Scalar S>
  S link(S square) const {
    return S(3) * similarity::neg_l2::link(square);
  }
  template <Scalar S>
  void link_all(S* squares, idx n) const {
    for (idx j = 0; j < n; ++j) squares[j] = link(squares[j]);
  }
};

enum class rows_of { noise, clusters, grid, copies, lengths, tiny, zeros, huge };
constexpr rows_of all_rows[] = {rows_of::noise,   rows_of::clusters, rows_of::grid,  rows_of::copies,
                                rows_of::lengths, rows_of::tiny,     rows_of::zeros, rows_of::huge};

template <class T>
matrix<T> made(rows_of what, idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user, std::uint32_t(what));
  matrix<T> m(n, dim);
  for (idx i = 0; i < n; ++i) {
    double length = what == rows_of::lengths ? std::ldexp(1.0, int(r.below(24)) - 12) : what == rows_of::tiny ? 1e-5 : 1;
    if (what == rows_of::huge) length = sizeof(T) == 8 ? 0x1p505 : 0x1p60;  // squares near the end of the range
    for (idx k = 0; k < dim; ++k) {
      double x = r.normal();
      if (what == rows_of::clusters) x = double((i % 5) * (k + 1) % 7) - 3 + 0.01 * x;
      if (what == rows_of::grid) x = double(r.below(3)) - 1;
      if (what == rows_of::zeros && r.below(3) > 0) x = 0;
      if constexpr (std::same_as<T, double>)
        m(i, k) = x * length;
      else
        m(i, k) = T(float(x * length));
    }
    if (what == rows_of::zeros && i % 4 == 0) m.row(i).setConstant(T(0));
    if (what == rows_of::copies && i > 0 && r.below(2) == 0) m.row(i) = m.row(r.below(i));
  }
  return m;
}

/// Canonical scores of all pairs and what may be paired: what the miners are held against.
template <Scalar S>
struct table {
  matrix<S> near;
  std::vector<idx> labels, column_labels;
  bool same, distance;

  void sides(idx i, std::vector<idx>& positives, std::vector<idx>& negatives) const {
    positives.clear(), negatives.clear();
    for (idx j = 0; j < near.cols(); ++j)
      if (!(same && i == j) && !ineligible_bits(near(i, j)))
        (labels[std::size_t(i)] == column_labels[std::size_t(j)] ? positives : negatives).push_back(j);
  }
  template <class F>
  void each_row(F f) const {
    std::vector<idx> p, n;
    for (idx i = 0; i < near.rows(); ++i) sides(i, p, n), f(i, p, n);
  }
  idx best(idx i, std::vector<idx> const& list, bool nearest) const {
    idx at = -1;
    for (idx j : list)
      if (at < 0 || (nearest ? near(i, j) > near(i, at) : near(i, j) < near(i, at))) at = j;
    return at;
  }
};

template <Scalar S>
std::vector<triplet> search(table<S> const& t, batch_easy_hard_options const& o) {
  std::vector<triplet> out;
  t.each_row([&](idx i, std::vector<idx> p, std::vector<idx> n) {
    auto const bound = [&](std::vector<idx>& list, allowed_range const& a) {
      std::erase_if(list, [&](idx j) {
        S const x = t.distance ? -t.near(i, j) : t.near(i, j);
        return (a.low != -allowed_range::none && x < S(a.low)) || (a.high != allowed_range::none && x > S(a.high));
      });
    };
    bound(p, o.positives), bound(n, o.negatives);
    if (p.empty() || n.empty()) return;
    if (o.positive == choice::hard || o.positive == choice::easy) p = {t.best(i, p, o.positive == choice::easy)};
    if (o.negative == choice::hard || o.negative == choice::easy) n = {t.best(i, n, o.negative == choice::hard)};
    for (bool positive : {true, false}) {
      if ((positive ? o.positive : o.negative) != choice::semihard) continue;
      std::vector<idx>& from = positive ? p : n;
      S const partner = t.near(i, positive ? n[0] : p[0]);
      std::vector<idx> side;
      for (idx j : from)
        if (positive ? t.near(i, j) > partner : t.near(i, j) < partner) side.push_back(j);
      if (side.empty() && !o.fall_back) return;
      from = {side.empty() ? t.best(i, from, positive) : t.best(i, side, !positive)};
    }
    for (idx a : p)
      for (idx b : n) out.push_back({i, a, b});
  });
  return out;
}
template <Scalar S>
std::vector<triplet> search(table<S> const& t, triplet_margin_options const& o) {
  std::vector<triplet> out;
  t.each_row([&](idx i, auto const& p, auto const& n) {
    for (idx a : p)
      for (idx b : n) {
        S const gap = t.near(i, a) - t.near(i, b), margin = S(o.margin);
        bool const keep = o.kind == triplet_kind::easy   ? gap > margin
                          : o.kind == triplet_kind::all  ? gap <= margin
                          : o.kind == triplet_kind::hard ? gap <= margin && gap <= 0
                                                         : gap <= margin && gap > 0;
        if (keep) out.push_back({i, a, b});
      }
  });
  return out;
}
template <Scalar S>
std::array<std::vector<pair>, 2> search(table<S> const& t, pair_margin_options const& o) {
  std::array<std::vector<pair>, 2> out;
  S const positive = S(t.distance ? -o.pos_margin : o.pos_margin), negative = S(t.distance ? -o.neg_margin : o.neg_margin);
  t.each_row([&](idx i, auto const& p, auto const& n) {
    for (idx j : p)
      if (t.near(i, j) < positive) out[0].push_back({i, j});
    for (idx j : n)
      if (t.near(i, j) > negative) out[1].push_back({i, j});
  });
  return out;
}
template <Scalar S>
std::array<std::vector<pair>, 2> search(table<S> const& t, multi_similarity_options const& o) {
  std::array<std::vector<pair>, 2> out;
  S const epsilon = S(o.epsilon);
  t.each_row([&](idx i, auto const& p, auto const& n) {
    if (p.empty() || n.empty()) return;
    S const high = t.near(i, t.best(i, n, true)), low = t.near(i, t.best(i, p, false));
    for (idx j : p)
      if (t.near(i, j) - epsilon < high) out[0].push_back({i, j});
    for (idx j : n)
      if (t.near(i, j) + epsilon > low) out[1].push_back({i, j});
  });
  return out;
}
template <Scalar S>
std::vector<triplet> search(table<S> const& t, distance_weighted_options const& o, idx dim) {
  std::vector<triplet> out;
  t.each_row([&](idx i, auto const& p, auto const& n) {
    if (p.empty()) return;
    std::vector<double> logs(std::size_t(t.near.cols()), minus_infinity<double>());
    bool any = false;
    for (idx j : n) {
      double const d = (std::max)(-double(t.near(i, j)), o.cutoff);
      if (!(d < o.nonzero_cutoff && d < 2)) continue;
      logs[std::size_t(j)] = double(2 - dim) * std::log(d) - double(dim - 3) / 2 * std::log1p(-d * d / 4), any = true;
    }
    weighted_draw const negative(any ? softmax_weights(logs) : std::vector<double>(logs.size(), 0.0));
    random_stream draw(o.seed, purpose::sample, o.epoch, std::uint64_t(i));
    std::vector<pair> drawn;
    for (idx k = 0; k < (o.per_anchor > 0 ? o.per_anchor : idx(p.size()) + t.same); ++k) {
      idx const a = p[std::size_t(draw.below(idx(p.size())))], b = negative(draw.uniform());
      if (b >= 0) drawn.push_back({a, b});
    }
    std::sort(drawn.begin(), drawn.end());
    for (pair const& x : drawn) out.push_back({i, x[0], x[1]});
  });
  return out;
}

std::vector<triplet> list_of(index_triplets const& t) {
  std::vector<triplet> out;
  for (std::size_t k = 0; k < t.anchors.size(); ++k) out.push_back({t.anchors[k], t.positives[k], t.negatives[k]});
  return out;
}
std::array<std::vector<pair>, 2> list_of(mined_pairs const& m) {
  std::array<std::vector<pair>, 2> out;
  for (index_pairs const* p : {&m.positives, &m.negatives})
    for (std::size_t k = 0; k < p->anchors.size(); ++k) out[std::size_t(p == &m.negatives)].push_back({p->anchors[k], p->others[k]});
  return out;
}

/// What was compared: a test whose miners find nothing would prove nothing.
struct tally {
  idx triplets = 0, pairs = 0, approximate = 0;
};

template <Scalar S>
void compare(labelled_batch<S> const& b, table<S> const& t, tally& seen) {
  auto const triplets = [&](index_triplets const& found, std::vector<triplet> const& want) {
    CHECK(list_of(found) == want);
    seen.triplets += idx(want.size());
  };
  auto const pairs = [&](mined_pairs const& found, std::array<std::vector<pair>, 2> const& want) {
    CHECK(list_of(found) == want);
    seen.pairs += idx(want[0].size() + want[1].size());
  };
  // Bounds on scores that pairs have: those in doubt.
  std::vector<double> some;
  for (idx i = 0; i < t.near.rows(); i += 5)
    for (idx j = 0; j < t.near.cols(); j += 7) some.push_back(std::clamp(double(t.distance ? -t.near(i, j) : t.near(i, j)), -4e14, 4e14));
  std::sort(some.begin(), some.end());
  double const low = some[some.size() / 4], middle = some[some.size() / 2], high = some[some.size() * 3 / 4];
  for (choice p : {choice::hard, choice::easy, choice::semihard, choice::all})
    for (choice n : {choice::hard, choice::easy, choice::semihard, choice::all}) {
      if ((p == choice::semihard && (n == choice::semihard || n == choice::all)) || (n == choice::semihard && p == choice::all)) continue;
      for (bool fall_back : {false, true})
        for (bool bounded : {false, true}) {
          batch_easy_hard_options o{.positive = p, .negative = n, .fall_back = fall_back};
          if (bounded) o.positives = {low, high}, o.negatives = {t.distance ? middle : low, t.distance ? high : middle};
          triplets(batch_easy_hard(b, o), search(t, o));
        }
    }
  for (triplet_kind kind : {triplet_kind::all, triplet_kind::hard, triplet_kind::semihard, triplet_kind::easy})
    for (double margin : {0.2, 0.0, -0.1, high - middle}) {
      triplet_margin_options const o{.margin = margin, .kind = kind};
      triplets(triplet_margin_miner(b, o), search(t, o));
    }
  for (pair_margin_options const& o : {pair_margin_options{}, {low, high}, {high, low}, {middle, middle}, {0, 0}, {1e15, -1e15}})
    pairs(pair_margin_miner(b, o), search(t, o));
  for (double epsilon : {0.1, 0.0, -0.05, high - low}) {
    multi_similarity_options const o{.epsilon = epsilon};
    pairs(multi_similarity_miner(b, o), search(t, o));
  }
  if (t.distance)
    for (distance_weighted_options const& o : {distance_weighted_options{.seed = 1},
                                               {.nonzero_cutoff = 3, .per_anchor = 9, .seed = 2},
                                               {.cutoff = 1.2, .nonzero_cutoff = 1.3, .dim = 300, .seed = 3}})
      triplets(distance_weighted_miner(b, o), search(t, o, o.dim > 0 ? o.dim : b.dim));
  // Every number lies where its score says, and exact scores are the canonical ones.
  for (bool exact : {false, true}) {
    auto const scores = b.scores(exact);
    idx wrong = 0;
    for (idx first = 0; first < b.rows(); first += scores->max_rows) {
      idx const count = (std::min)(scores->max_rows, b.rows() - first);
      scores->open(first, count);
      for (idx i = 0; i < count; ++i)
        for (idx j = 0; j < b.columns(); ++j) {
          S const x = scores->values.data()[i * scores->stride + j], s = t.near(first + i, j);
          auto const c = scores->limits_at(i, double(s), 0);
          seen.approximate += scores->error_bound[std::size_t(i)] > 0;
          wrong += scores->error_bound[std::size_t(i)] > 0 ? x < c.below || x > c.above : x != s;
          wrong += exact && scores->error_bound[std::size_t(i)] > 0;
        }
    }
    CHECK(wrong == 0);
  }
}

template <class T, class Sim>
tally compare_all(Sim const& similarity, idx n, idx m, idx dim) {
  using S = arithmetic<T>;
  tally seen;
  for (rows_of what : all_rows)
    for (bool same : {true, false}) {
      if (what == rows_of::huge && std::same_as<T, Eigen::half>) continue;
      INFO("rows " << int(what) << ", same " << same);
      matrix<T> const x = made<T>(what, n, dim, 1), y = same ? x : made<T>(what, m, dim, 2);
      table<S> t;
      t.same = same, t.distance = Sim::kind.distance, t.near.resize(x.rows(), y.rows());
      random_stream r(3, purpose::user);
      for (idx i = 0; i < x.rows(); ++i) t.labels.push_back(r.below((std::max)(n / 8, idx(4))));
      for (idx i = 0; i < y.rows(); ++i) t.column_labels.push_back(same ? t.labels[std::size_t(i)] : r.below((std::max)(n / 8, idx(5))));
      engine::source_of<S, T> const a(as_view(x), Sim::kind, false, "test", "x"), b(as_view(y), Sim::kind, false, "test", "y");
      std::vector<S> u(static_cast<std::size_t>(dim)), v = u;
      bool held = true;
      for (idx i = 0; i < x.rows(); ++i)
        for (idx j = 0; j < y.rows(); ++j)
          held = engine::score_pair(similarity, a.open(i, 1, u.data()).data, b.open(j, 1, v.data()).data, dim, t.near(i, j)) && held;
      if (!held) {  // long rows of huge numbers
        CHECK(what == rows_of::huge);
        continue;
      }
      auto const mined = [&](auto const& b_) { compare<S>(b_, t, seen); };
      if (same)
        mined(batch(x, t.labels, similarity));
      else
        mined(against(x, t.labels, y, t.column_labels, similarity));
    }
  CHECK(seen.triplets > 10000);
  CHECK(seen.pairs > 1000);
  return seen;
}
template <class T>
void compare_similarities(idx n, idx m, idx dim) {
  INFO(n << " rows, " << m << " columns of " << dim);
  CHECK(compare_all<T>(similarity::normalized<similarity::neg_l2>{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(similarity::cosine{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(similarity::dot{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(similarity::neg_l2{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(similarity::neg_sq_l2{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(similarity::normalized<similarity::neg_sq_l2>{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(triple_l2{}, n, m, dim).approximate > 0);
  CHECK(compare_all<T>(cubed{}, n, m, dim).approximate == 0);
  CHECK(compare_all<T>(squared{}, n, m, dim).approximate == 0);
}

}  // namespace

TEST_CASE("approximate scores: every miner finds what a search over canonical scores finds: float", "[batch]") {
  compare_similarities<float>(37, 70, 19);
  compare_similarities<float>(21, 33, 2);
}
TEST_CASE("approximate scores: ... more rows than a panel holds", "[batch]") {
  CHECK(compare_all<float>(similarity::normalized<similarity::neg_l2>{}, 150, 300, 12).approximate > 0);
}
TEST_CASE("approximate scores: ... double", "[batch]") { compare_similarities<double>(30, 65, 11); }
TEST_CASE("approximate scores: ... long rows, where errors of sums add up", "[batch]") {
  CHECK(compare_all<double>(similarity::dot{}, 9, 20, 4096).approximate > 0);
  CHECK(compare_all<double>(similarity::neg_sq_l2{}, 9, 20, 1000).approximate > 0);
  CHECK(compare_all<float>(similarity::dot{}, 9, 20, 4096).approximate > 0);
  CHECK(compare_all<float>(similarity::normalized<similarity::neg_l2>{}, 9, 20, 1000).approximate > 0);
}
TEST_CASE("batch: what cannot be mined is refused by name", "[batch]") {
  matrix<float> const long_rows = matrix<float>::Constant(4, 8, 0x1p100f);
  std::vector<idx> const labels{0, 0, 1, 1}, tall(200, 1), three{1, 2, 3};
  CHECK(says(refusal([&] { batch_hard(batch(long_rows, labels, similarity::dot{})); }), {"mining::batch", "row 0", "cannot hold"}));
  matrix<float> const scores = matrix<float>::Zero(200, 3);
  CHECK(says(refusal([&] { given(scores, measure::similarity, tall, three, true); }), {"mining::given", "square", "[200, 3]"}));
}
TEST_CASE("approximate scores: ... half and bfloat16", "[batch]") {
  compare_similarities<Eigen::half>(30, 41, 24);
  compare_similarities<Eigen::bfloat16>(26, 41, 7);
}

TEST_CASE("sphere_weights: one over the density of distances", "[batch]") {
  random_stream r(5, purpose::user);
  for (idx dim : {1, 2, 3, 128, 2000})
    for (idx n : {1, 63, 64, 200}) {
      idx const padded = (n + simd::word - 1) / simd::word * simd::word;
      std::vector<double> near(std::size_t(padded), -1.0), w(near.size(), 9.0), sums(std::size_t(padded / simd::word));
      for (idx j = 0; j < n; ++j) near[std::size_t(j)] = -1.99 * r.uniform();
      auto const log_weight = [&](double d) { return double(2 - dim) * std::log(d) - double(dim - 3) / 2 * std::log1p(-d * d / 4); };
      double const top = (std::max)(log_weight(0.5), log_weight(1.99));
      simd::sphere_weights(near.data(), n, 0.5, double(dim - 3) / 2, top, w.data(), sums.data());
      double total = 0;
      for (idx j = 0; j < n; ++j) {
        double const l = log_weight((std::max)(-near[std::size_t(j)], 0.5)) - top;
        CHECK(w[std::size_t(j)] == Approx(std::exp(l)).epsilon(1e-14 * double(dim + 10)).margin(1e-300));
        total += w[std::size_t(j)];
      }
      for (idx j = n; j < padded; ++j) CHECK(w[std::size_t(j)] == 0);
      for (double s : sums) total -= s;
      CHECK(total == Approx(0).margin(1e-12 * double(n)));
    }
}
