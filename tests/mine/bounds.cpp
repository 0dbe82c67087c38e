// SPDX-License-Identifier: BSD-3-Clause
// Filters by score over the whole corpus, compared during the scan: lists, ranks and counts of random cases against asking every pair, with
// ties on the bounds, positives anywhere, every similarity and storage, given scores, several threads.
// Tests mine/score_bounds.hpp, mine/score_numbers.hpp, mine/inspection.hpp, mine/candidate_gather.hpp, mine/shortlist.hpp, mine/window_filter.hpp.
#include "foil/bias/bounds.hpp"

#include <algorithm>
#include <vector>

#include "../catch.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/margin.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/listed.hpp"
#include "foil/pool/own.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity.hpp"

using namespace foil;

namespace {

/// A case of the trial's number: sizes, filters that may be off, windows.
struct trial {
  random_stream draw;
  idx rows, columns, dim;
  bias::bounds bounds;
  bias::absolute_margin absolute{.margin = -1e30};
  bias::relative_margin relative{.margin = 0};
  bias::min_score low;
  bool has_relative;
  std::vector<idx> offsets{0}, positives;
  mine_options options;

  /// `many` rows: enough of them, and of columns and numbers, for products of whole numbers.
  trial(std::uint64_t seed, idx max_columns, idx many = 0) : draw(seed, purpose::user) {
    rows = many > 0 ? many : 1 + draw.below(12), columns = many > 0 ? max_columns : 1 + draw.below(max_columns);
    dim = many == 0 && draw.below(2) == 0 ? 1 + draw.below(6) : 32 + draw.below(60);
    for (idx i = 0; i < rows; ++i) {
      for (idx p = draw.below(4); p > 0; --p) positives.push_back(draw.below(columns));
      offsets.push_back(idx(positives.size()));
    }
    reference const which = draw.below(2) == 0 ? reference::lowest : reference::highest;
    double const step = double(draw.below(9) - 4) / 4;
    if (draw.below(3) == 0) bounds.upper = step;
    if (draw.below(4) == 0) bounds.lower = (std::min)(bounds.upper, step) - double(draw.below(3));
    if (draw.below(2) == 0) absolute = {.margin = double(draw.below(5)) / 4, .positive = which};
    if (draw.below(3) == 0) low.score = double(draw.below(9) - 6) / 4;
    has_relative = draw.below(2) == 0;
    relative = {.margin = double(draw.below(3)) / 8, .positive = which};
    options = {.negatives = draw.below(14), .range_min = draw.below(3) == 0 ? draw.below(20) : 0, .range_max = whole_corpus};
    if (draw.below(3) == 0) options.stage = range_stage::before_filter;
    if (draw.below(4) == 0) options.sampling = sampling::uniform{};
    options.executor = threads(int(1 + draw.below(3))), options.first_row = 0;
  }
};

/// Few distinct numbers, so that scores tie with each other and with bounds, or many; some rows are copies of others.
template <class S>
matrix<S> rows_of(trial& t, idx n, bool coarse) {
  matrix<S> x(n, t.dim);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = coarse ? S(t.draw.below(3)) - 1 : S(t.draw.normal());
  for (idx i = 1; i < n; i += 3) x.row(i) = x.row(t.draw.below(i));
  return x;
}

/// Row i of `m` must be what asking every pair of a ranking gives: ids and canonical scores of all candidates, hardest first.
/// gone(score, facts): the filter, by number, that is the first to drop a score; -1: none. banned(row, id): another filter drops it.
/// `counts` grow.
template <class S, class Gone, class Banned>
bool same_as_asking(trial const& t, mined<S> const& m, idx i, std::vector<idx> const& ids, std::vector<S> const& scores,
                    std::vector<char> const& is_positive, Gone const& gone, Banned const& banned, std::vector<idx>& counts) {
  engine::row_facts<S> facts;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (!is_positive[std::size_t(ids[k])]) continue;
    if (!facts.has_positive) facts = {true, scores[k], scores[k]};
    facts.lowest = (std::min)(facts.lowest, scores[k]), facts.highest = (std::max)(facts.highest, scores[k]);
  }
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    bool const positive = is_positive[std::size_t(ids[k])];
    int const by = positive ? 0 : gone(scores[k], facts) + 1;
    if (positive || by > 0)
      ++counts[std::size_t(by)];
    else if (!banned(i, ids[k]) && (t.options.stage == range_stage::after_filter || idx(k) >= t.options.range_min))
      kept.push_back(k);
  }
  // The ranks that are drawn from: the first depth that fills the row, or four times as many, and so on.
  idx const first = t.options.stage == range_stage::after_filter ? t.options.range_min : 0, wanted = t.options.negatives;
  idx const needed = wanted == 0 ? 0 : first + wanted;
  idx positives = 0;
  for (char p : is_positive) positives += p;
  idx depth = (std::min)(t.options.range_min + wanted + 16 + positives, t.columns);
  auto const within = [&] { return std::count_if(kept.begin(), kept.end(), [&](std::size_t k) { return idx(k) < depth; }); };
  while (depth < t.columns && within() < needed) depth = (std::min)(4 * depth, t.columns);
  kept.resize(std::size_t(within()));
  kept.erase(kept.begin(), kept.begin() + (std::min)(first, idx(kept.size())));
  auto const from = std::size_t(m.survivor_offsets[std::size_t(i)]), to = std::size_t(m.survivor_offsets[std::size_t(i) + 1]);
  bool const hardest = t.options.sampling.takes_hardest();
  bool good = hardest ? to - from <= kept.size() : to - from == kept.size();
  for (std::size_t k = from; good && k < to; ++k)
    good = m.survivors[k] == ids[kept[k - from]] && m.survivor_scores[k] == scores[kept[k - from]];
  good = good && m.count(i) == (std::min)(wanted, idx(kept.size()));
  for (idx slot = 0, k = 0; good && slot < m.count(i); ++slot, ++k) {
    while (!hardest && k < idx(kept.size()) && ids[kept[std::size_t(k)]] != m.id(i, slot)) ++k;  // drawn ones stay in order
    good = k < idx(kept.size()) && m.id(i, slot) == ids[kept[std::size_t(k)]] && m.score(i, slot) == scores[kept[std::size_t(k)]] &&
           m.rank(i, slot) == idx(kept[std::size_t(k)]);
  }
  return good;
}

bool never(idx, idx) { return false; }

template <class S, class Ranking, class Gone, class Banned>
void check(trial const& t, mined<S> const& m, Ranking const& ranking, Gone const& gone, Banned const& banned) {
  std::vector<idx> counts(m.dropped.size(), 0);
  bool good = true;
  for (idx i = 0; i < t.rows; ++i) {
    std::vector<char> is_positive(std::size_t(t.columns), 0);
    for (idx p = t.offsets[std::size_t(i)]; p < t.offsets[std::size_t(i) + 1]; ++p)
      is_positive[std::size_t(t.positives[std::size_t(p)])] = 1;
    mined<S> const all = ranking(i);
    std::vector<idx> const ids(all.ids.begin(), all.ids.begin() + all.count(0));
    good = good && same_as_asking<S>(t, m, i, ids, all.scores, is_positive, gone, banned, counts);
  }
  INFO("rows " << t.rows << ", columns " << t.columns << ", dim " << t.dim);
  CHECK(good);
  for (std::size_t f = 0; f < counts.size(); ++f)
    if (m.dropped[f].filter != std::string("listed")) CHECK(m.dropped[f].dropped == counts[f]);
}

/// What the filters of a trial say, in their order.
template <class S>
auto first_of(trial const& t) {
  return [&t](S score, engine::row_facts<S> const& facts) {
    bias_row<S> const r{0, 0, 1, &score, nullptr, facts.has_positive, facts.lowest, facts.highest};
    int by = -1, at = 0;
    auto const ask = [&](auto const& b) {
      S bias = 0;
      b.weigh(r, &bias);
      if (by < 0 && bias < log_zero_limit<S>) by = at;
      ++at;
    };
    ask(t.bounds), ask(t.absolute);
    if (t.has_relative)
      ask(t.relative);
    else
      ++at;
    ask(t.low);
    return by;
  };
}

template <class T, class Sim>
screening embeddings(std::uint64_t seed, idx max_columns, Sim similarity, idx many = 0) {
  using S = arithmetic<T>;
  trial t(seed, max_columns, many);
  bool const coarse = t.draw.below(2) == 0;
  matrix<T> q = rows_of<S>(t, t.rows, coarse).template cast<T>(), c = rows_of<S>(t, t.columns, coarse).template cast<T>();
  bool const absent = t.draw.below(8) == 0 && t.columns > 4;
  if (absent) c(t.columns / 2, 0) = T(quiet_nan<S>()), t.options.bad_rows = bad_rows::skip;
  for (idx& p : t.positives) p = absent && p == t.columns / 2 ? 0 : p;
  roles::listed const roles(t.offsets, t.positives);
  mined<S> const m = t.has_relative ? mine(q, pool::bank(c, roles, t.bounds, t.absolute, t.relative, t.low), t.options, similarity)
                                    : mine(q, pool::bank(c, roles, t.bounds, t.absolute, bias::bounds{}, t.low), t.options, similarity);
  auto const ranking = [&](idx i) {  // private candidates are scored canonically, each
    matrix<T> const row = q.row(i);
    return mine(row, pool::own(c, c.rows()), {.negatives = c.rows(), .bad_rows = t.options.bad_rows}, similarity);
  };
  check<S>(t, m, ranking, first_of<S>(t), never);
  return m.screening;
}

}  // namespace

TEST_CASE("bounds: lists, ranks and counts are those of asking every pair, for every similarity", "[mine]") {
  screening seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    idx const columns = seed % 4 == 0 ? 6000 : 900;
    seen += embeddings<float>(seed, columns, similarity::cosine{}), seen += embeddings<float>(seed, columns, similarity::dot{});
    seen += embeddings<float>(seed, columns, similarity::neg_l2{}), seen += embeddings<float>(seed, columns, similarity::neg_sq_l2{});
  }
  for (std::uint64_t seed = 61; seed <= 72; ++seed) seen += embeddings<float>(seed, 5000, similarity::cosine{}, 100);
  for (std::uint64_t seed = 73; seed <= 80; ++seed) seen += embeddings<float>(seed, 5000, similarity::neg_l2{}, 100);
  CHECK((seen.by_8_bits + seen.by_16_bits > 0) == (simd::integer_kernel<8>::exists || simd::integer_kernel<16>::exists));
}
TEST_CASE("bounds: of double and half storage", "[mine]") {
  screening seen;
  for (std::uint64_t seed = 101; seed <= 130; ++seed) {
    INFO("seed " << seed);
    seen += embeddings<double>(seed, 2500, similarity::cosine{}), seen += embeddings<double>(seed, 2500, similarity::neg_l2{});
    seen += embeddings<Eigen::half>(seed, 2500, similarity::dot{});
  }
  for (std::uint64_t seed = 131; seed <= 136; ++seed) seen += embeddings<double>(seed, 5000, similarity::dot{}, 70);
  CHECK((seen.by_8_bits + seen.by_16_bits > 0) == (simd::integer_kernel<8>::exists || simd::integer_kernel<16>::exists));
}
TEST_CASE("bounds: of whole numbers of 8 bits", "[mine]") {
  for (std::uint64_t seed = 201; seed <= 215; ++seed) {
    trial t(seed, 2500);
    std::vector<std::int8_t> numbers(std::size_t(t.columns * t.dim));
    std::vector<float> scales(std::size_t(t.columns), 0.25f);
    for (auto& v : numbers) v = std::int8_t(t.draw.below(5) - 2);
    matrix<float> copy(t.columns, t.dim);
    for (idx k = 0; k < copy.size(); ++k) copy.data()[k] = 0.25f * float(numbers[std::size_t(k)]);
    auto const q = rows_of<float>(t, t.rows, true);
    auto const c = rows_int8(numbers.data(), t.columns, t.dim, scales.data());
    t.has_relative = false;
    auto const m = mine(q, pool::bank(c, roles::listed(t.offsets, t.positives), t.bounds, t.absolute, bias::bounds{}, t.low), t.options);
    auto const ranking = [&](idx i) {
      matrix<float> const row = q.row(i);
      return mine(row, pool::own(copy, copy.rows()), {.negatives = copy.rows()});
    };
    INFO("seed " << seed);
    check<float>(t, m, ranking, first_of<float>(t), never);
  }
}
TEST_CASE("bounds: other filters look deeper from where the window ended", "[mine]") {
  for (std::uint64_t seed = 301; seed <= 330; ++seed) {
    trial t(seed, seed % 3 == 0 ? 5000 : 700);
    bool const coarse = seed % 2 == 0;
    auto const q = rows_of<float>(t, t.rows, coarse), c = rows_of<float>(t, t.columns, coarse);
    auto const ranking = [&](idx i) {
      matrix<float> const row = q.row(i);
      return mine(row, pool::own(c, c.rows()), {.negatives = c.rows()}, similarity::dot{});
    };
    std::vector<idx> ends{0}, bans;
    for (idx i = 0; i < t.rows; ++i) {  // most of the hardest, wherever the bounds set in
      auto const all = ranking(i);
      idx const from = t.draw.below(t.columns), to = (std::min)(t.columns, from + t.draw.below(1 + t.columns / 2));
      for (idx k = 0; k < t.columns; ++k)
        if (k < 60 || (k >= from && k < to)) bans.push_back(all.id(0, k));
      ends.push_back(idx(bans.size()));
    }
    t.has_relative = false;
    auto const m = mine(q, pool::bank(c, roles::listed(t.offsets, t.positives), t.bounds, t.absolute, bias::listed(ends, bans), t.low),
                        t.options, similarity::dot{});
    ragged const lists{ends, bans};
    INFO("seed " << seed);
    check<float>(t, m, ranking, first_of<float>(t), [&](idx i, idx id) { return lists.contains(i, id); });
  }
}
TEST_CASE("bounds: given scores and shortlists", "[mine]") {
  for (std::uint64_t seed = 401; seed <= 420; ++seed) {
    trial t(seed, 300);
    t.has_relative = false;
    matrix<double> s(t.rows, t.columns);
    for (idx k = 0; k < s.size(); ++k) s.data()[k] = t.draw.below(20) == 0 ? quiet_nan<double>() : double(t.draw.below(17) - 8) / 4;
    roles::listed const roles(t.offsets, t.positives);
    auto const ranking = [&](idx i) {
      matrix<double> const row = s.row(i);
      return mine(pool::given(row, roles::all_negative{}), {.negatives = t.columns});
    };
    INFO("seed " << seed);
    check<double>(t, mine(pool::given(s, roles, t.bounds, t.absolute, bias::bounds{}, t.low), t.options), ranking, first_of<double>(t),
                  never);
    auto const q = rows_of<float>(t, t.rows, true), c = rows_of<float>(t, t.columns, true);
    std::vector<idx> every;
    for (idx i = 0; i < t.rows; ++i)
      for (idx j = 0; j < t.columns; ++j) every.push_back(t.columns - 1 - j);
    auto const ranking_of = [&](idx i) {
      matrix<float> const row = q.row(i);
      return mine(row, pool::own(c, c.rows()), {.negatives = c.rows()});
    };
    check<float>(t, mine(q, pool::listed(c, every, t.columns, roles, t.bounds, t.absolute, bias::bounds{}, t.low), t.options), ranking_of,
                 first_of<float>(t), never);
  }
}
TEST_CASE("bounds: a shortlist counts its own candidates, and a row's own column is none", "[mine]") {
  matrix<float> const x = [] {
    random_stream draw(3, purpose::user);
    matrix<float> all(60, 5);
    for (idx k = 0; k < all.size(); ++k) all.data()[k] = float(draw.normal());
    return all;
  }();
  std::vector<int> label;
  std::vector<idx> ids, own;
  for (idx i = 0; i < 60; ++i) {
    label.push_back(int(i % 7)), own.push_back((i + 7) % 60);
    for (idx k = 0; k < 20; ++k) ids.push_back((i * 11 + k * 3) % 60);
  }
  mine_options const o{.negatives = 4, .range_max = whole_corpus};
  auto const m = mine(x, pool::bank(x, roles::by_label(label), bias::max_score{0.1}), o);
  auto const few = mine(x, pool::listed(x, ids, 20, roles::target(own), bias::max_score{0.1}), o);
  idx dropped = 0, positives = 0, few_dropped = 0, few_positives = 0;
  for (idx i = 0; i < 60; ++i) {
    matrix<float> const row = x.row(i);
    auto const all = mine(row, pool::own(x, 60), {.negatives = 60});
    for (idx k = 0; k < 60; ++k) {
      idx const id = all.id(0, k);
      bool const same = label[std::size_t(id)] == label[std::size_t(i)], high = all.score(0, k) > 0.1f;
      positives += same && id != i, dropped += !same && high;
      if (std::find(ids.begin() + i * 20, ids.begin() + (i + 1) * 20, id) == ids.begin() + (i + 1) * 20) continue;
      few_positives += id == own[std::size_t(i)], few_dropped += id != own[std::size_t(i)] && high;
    }
  }
  CHECK((m.dropped[0].dropped == positives && m.dropped[1].dropped == dropped));
  CHECK((few.dropped[0].dropped == few_positives && few.dropped[1].dropped == few_dropped));
}
TEST_CASE("bounds: a wall of candidates that score what the positive does is decided canonically", "[mine]") {
  matrix<float> q(2, 4), c(12'000, 4);
  for (idx j = 0; j < c.rows(); ++j) c.row(j) << 1, 2, 3, float(4 + (j % 3 == 0));
  q << 1, 2, 3, 4, 4, 3, 2, 1;
  std::vector<idx> const own{1, 0};
  for (double margin : {0.0, 1e-4})
    for (int workers : {1, 2}) {
      auto const m = mine(q, pool::bank(c, roles::target(own), bias::absolute_margin{margin}),
                          {.negatives = 5, .range_max = whole_corpus, .executor = threads(workers)}, similarity::dot{});
      // 30 and 34 for the first anchor, 20 and 21 for the second, whose positive is one of the higher ones.
      CHECK(m.count(0) == (margin > 0 ? 0 : 5));
      if (margin == 0) CHECK((m.id(0, 0) == 2 && m.rank(0, 0) == 4001));
      if (margin == 0 && workers == 1) CHECK(m.exact_rows == 2);
      CHECK((m.count(1) == 5 && m.id(1, 0) == (margin > 0 ? 1 : 3) && m.rank(1, 0) == (margin > 0 ? 4000 : 1)));
      CHECK(m.dropped[1].dropped == (margin > 0 ? 11'999 + 3999 : 4000));
    }
}

TEST_CASE("bounds: rows of one set beyond the candidates name no column", "[mine]") {
  matrix<float> const z = matrix<float>::Random(6, 5), documents = z.topRows(4);
  std::vector<int> const labels{0, 1, 0, 1, 2, 2}, of{0, 1, 0, 1};
  auto const relation = roles::by_label(labels, of, true);
  auto const r = mine(z, pool::bank(documents, relation, bias::max_score{.score = 2}), {.negatives = 4, .range_max = whole_corpus});
  for (idx i = 0; i < 6; ++i) CHECK(r.count(i) == (i < 4 ? 2 : 4));
}

TEST_CASE("bounds: a cut that some rows do not have costs the others no pass", "[mine]") {
  matrix<float> q = matrix<float>::Random(64, 64), x = matrix<float>::Random(3000, 64);
  std::vector<int> own;
  for (idx i = 0; i < 64; ++i) own.push_back(int(i)), x.row(i) = q.row(i) * (i % 2 == 0 ? 1.0f : -1.0f);
  mine_options const all{.negatives = 5, .range_max = whole_corpus};
  auto const relation = roles::target(own);
  auto const r = mine(q, pool::bank(x, relation, bias::max_score{.score = 0.3}, bias::relative_margin{.margin = 0.05}), all);
  auto const plain = mine(q, pool::bank(x, relation, bias::max_score{.score = 0.3}), all);
  CHECK(r.screening.let_through <= 2 * plain.screening.let_through);
}
