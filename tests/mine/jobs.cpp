// SPDX-License-Identifier: BSD-3-Clause
// A mining job as a whole: cut into calls, watched, cancelled, filled up, asked for everything.
// Tests mine/mined_writer.hpp, mine/block_ranking.hpp.
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/per_pair.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/candidate_blocks.hpp"
#include "foil/mine/in_blocks.hpp"
#include "foil/mine/mine.hpp"
#include "foil/mine/training_rows.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"

using namespace table;
using mining::shortage;

namespace {

template <class S>
bool same_rows(mined<S> const& whole, mined<S> const& part, idx from) {
  auto const same = [&](auto const& a, auto const& b, idx each) { return std::equal(b.begin(), b.end(), a.begin() + from * each); };
  idx const s0 = whole.survivor_offsets[std::size_t(from)];
  return part.per_row == whole.per_row && same(whole.ids, part.ids, whole.per_row) && same(whole.scores, part.scores, whole.per_row) &&
         same(whole.ranks, part.ranks, whole.per_row) && same(whole.counts, part.counts, 1) &&
         std::equal(part.survivors.begin(), part.survivors.end(), whole.survivors.begin() + s0);
}

/// Rows with 0, 1, 2, .. 4 positives, as CSR.
struct positives {
  std::vector<idx> offsets{0}, ids;
  positives(idx rows, idx columns) {
    for (idx i = 0; i < rows; ++i) {
      for (idx p = 0; p < i % 5; ++p) ids.push_back((i * 31 + p * 17) % columns);
      offsets.push_back(idx(ids.size()));
    }
  }
  /// Of rows from .. to, as a call of their own is given them.
  positives(positives const& all, idx from, idx to) {
    for (idx i = from; i < to; ++i) {
      ids.insert(ids.end(), all.ids.begin() + all.offsets[std::size_t(i)], all.ids.begin() + all.offsets[std::size_t(i) + 1]);
      offsets.push_back(idx(ids.size()));
    }
  }
};

}  // namespace

TEST_CASE("mine: a job cut into calls of 1, 7 or 64 rows is the whole job bit for bit, drawn and filled", "[mine]") {
  idx const rows = 130, columns = 90;
  auto const q = normal_rows<double>(rows, 5, 1), c = normal_rows<double>(columns, 5, 2);
  positives const all(rows, columns);
  for (sampler const draw : {sampler(sampling::top{}), sampler(sampling::uniform{}), sampler(sampling::softmax{.temperature = 0.3})})
    for (shortage policy : {shortage::keep_short, shortage::drop_query, shortage::fill_random, shortage::fill_deeper, shortage::repeat})
      for (idx range_max : {automatic, idx(12), whole_corpus}) {
        mine_options o{.negatives = 6, .range_max = range_max, .sampling = draw, .shortage = policy, .seed = 5, .epoch = 2};
        auto const mined_of = [&](positives const& p, idx from, idx n) {
          return mine(view<double>(as_view(q)).middle(from, n),
                      pool::bank(c, roles::listed(p.offsets, p.ids), bias::absolute_margin{.margin = 0.6}), o);
        };
        auto const whole = mined_of(all, 0, rows);
        CHECK(whole.short_rows > 0);
        for (idx step : {1, 7, 64}) {
          bool same = true;
          idx filled = 0, short_rows = 0, dropped = 0;
          for (idx from = 0; from < rows; from += step) {
            idx const to = (std::min)(from + step, rows);
            o.first_row = from, o.max_positives = 4;
            auto const part = mined_of(positives(all, from, to), from, to - from);
            same = same && same_rows(whole, part, from);
            filled += part.filled, short_rows += part.short_rows, dropped += part.dropped[1].dropped;
          }
          INFO("sampling " << draw.takes_hardest() << " shortage " << int(policy) << " range_max " << range_max << " step " << step);
          CHECK(same);
          CHECK((filled == whole.filled && short_rows == whole.short_rows && dropped == whole.dropped[1].dropped));
        }
        o.first_row = automatic, o.executor = threads(3);
        auto const threaded = mined_of(all, 0, rows);
        CHECK(same_rows(whole, threaded, 0));
      }
  CHECK(says(refusal([&] { mine(q, pool::bank(c), {.first_row = -2}); }), {"mine: first_row", "-2"}));
  CHECK(says(refusal([&] { mine(q, pool::bank(c, roles::listed(all.offsets, all.ids)), {.first_row = 0}); }),
             {"mine: rows", "max_positives"}));
  mine_options few{.first_row = 0, .max_positives = 1};
  CHECK(says(refusal([&] { mine(q, pool::bank(c, roles::listed(all.offsets, all.ids)), few); }), {"mine: rows", "max_positives is 1"}));
}

namespace {

/// Writes down which rows are announced.
struct noted_reads final : row_reader {
  mutable std::vector<idx> prefetched_, released_;
  void prefetch(idx first, idx) const override { prefetched_.push_back(first); }
  void release(idx first, idx) const override { released_.push_back(first); }
};

}  // namespace

TEST_CASE("mine: candidates in blocks of any length give the same lists, bit for bit", "[mine]") {
  idx const rows = 70, columns = 900;
  auto const q = normal_rows<double>(rows, 4, 1);
  auto c = normal_rows<double>(columns, 4, 2);
  for (idx j = 0; j < columns; ++j) c.row(j) = c.row(j % 300);  // ties, across blocks
  positives const all(rows, columns);
  c.row(77)[2] = quiet_nan<double>();
  auto const pool_of = [&](view<double> x, double most) {
    return pool::bank(x, roles::listed(all.offsets, all.ids), bias::max_score{most}, bias::absolute_margin{.margin = 0.2});
  };
  for (idx at_a_time : {1, 7, 299, 300, 899, 900, 5000}) {
    noted_reads seen;
    candidate_blocks<double> const blocks(as_view(c), similarity::cosine::kind, at_a_time, bad_rows::skip, threads(2), &seen);
    CHECK((blocks.bad_count() == 1 && blocks.first(blocks.size()) == columns && blocks.rows(0) <= at_a_time));
    CHECK((idx(seen.released_.size()) == blocks.size() && seen.released_.back() == blocks.first(blocks.size() - 1)));
    for (double most : {0.7, -0.5})
      for (shortage policy : {shortage::keep_short, shortage::fill_random, shortage::fill_deeper})
        for (idx range_max : {automatic, whole_corpus}) {
          if (at_a_time == 1 && range_max == whole_corpus && policy != shortage::keep_short) continue;
          mine_options o{.negatives = 40, .range_max = range_max, .sampling = sampling::uniform{}, .shortage = policy, .seed = 3};
          o.bad_rows = bad_rows::skip, o.executor = threads(3);
          auto const whole = mine(q, pool_of(as_view(c), most), o);
          seen.prefetched_.clear(), seen.released_.clear();
          auto const found = mine_in_blocks(q, pool_of(blocks.all(), most), blocks, o);
          INFO(at_a_time << " at a time, max_score " << most << " shortage " << int(policy) << " range_max " << range_max);
          CHECK((same_rows(whole, found, 0) && found.positive_scores == whole.positive_scores && found.bad_rows == 1));
          CHECK((found.filled == whole.filled && found.short_rows == whole.short_rows && found.range_max == whole.range_max));
          for (std::size_t k = 0; k < whole.dropped.size(); ++k) CHECK(found.dropped[k].dropped == whole.dropped[k].dropped);
          CHECK(seen.released_.size() % std::size_t(blocks.size()) == 0);  // each block once a pass, announced before
          CHECK((seen.prefetched_ == seen.released_ && (range_max == whole_corpus || idx(seen.released_.size()) == blocks.size())));
        }
  }
  candidate_blocks<double> const blocks(as_view(c), similarity::cosine::kind, 100, bad_rows::skip);
  auto stop = [](idx, idx, char const* phase) { return std::string(phase) != "mine"; };
  auto const stopped = mine_in_blocks(q, pool::bank(blocks.all()), blocks, {.bad_rows = bad_rows::skip, .progress = progress(stop, 0)});
  CHECK((stopped.cancelled && stopped.finished == 0));
  auto const distances = normal_rows<float>(900, 6, 4), near = normal_rows<float>(50, 6, 5);
  candidate_blocks<float> const by_distance(as_view(distances), similarity::neg_l2::kind, 128);
  CHECK(same_rows(mine(near, pool::bank(distances), {.negatives = 9}, similarity::neg_l2{}),
                  mine_in_blocks(near, pool::bank(by_distance.all()), by_distance, {.negatives = 9}, similarity::neg_l2{}), 0));

  auto const refused = [](auto const& call, std::initializer_list<char const*> words) { CHECK(says(refusal(call), words)); };
  refused([&] { candidate_blocks<double>(as_view(c), similarity::cosine::kind, 50); },
          {"candidate_blocks: candidates", "row 77", "column 2"});
  refused([&] { candidate_blocks<double>(as_view(c), similarity::cosine::kind, 0, bad_rows::skip); }, {"candidate_blocks: at_a_time", "0"});
  refused([&] { mine_in_blocks(q, pool::bank(blocks.all()), blocks); }, {"mine_in_blocks: bad_rows"});
  mine_options const skip{.bad_rows = bad_rows::skip};
  refused([&] { mine_in_blocks(q, pool::bank(blocks.all().middle(0, 50)), blocks, skip); }, {"mine_in_blocks: the pool"});
  refused([&] { mine_in_blocks<similarity::dot>(q, pool::bank(blocks.all()), blocks, skip); }, {"mine_in_blocks", "similarity"});
  auto const refused_with = [&](mine_options o, std::initializer_list<char const*> words) {
    o.bad_rows = bad_rows::skip;
    refused([&] { mine_in_blocks(q, pool_of(blocks.all(), -0.9), blocks, o); }, words);
  };
  refused_with({.negatives = 5, .range_min = 3, .range_max = 4}, {"mine_in_blocks: the window"});
  refused_with({.sampling = sampling::softmax{.temperature = 0}}, {"mine_in_blocks: temperature"});
  refused_with({.negatives = 900, .shortage = shortage::error}, {"mine_in_blocks: row 0 has "});
  auto const no_number = bias::per_pair([](auto) { return quiet_nan<double>(); });
  refused([&] { mine_in_blocks(q, pool::bank(blocks.all(), roles::all_negative{}, no_number), blocks, skip); },
          {"mine_in_blocks: bias::per_pair"});
}

TEST_CASE("mine: a cancelled job is taken up again where it stopped", "[mine]") {
  auto const q = normal_rows<float>(5000, 3, 1), c = normal_rows<float>(60, 3, 2);
  mine_options o{.negatives = 4, .range_max = 30, .sampling = sampling::uniform{}, .seed = 9};
  auto const whole = mine(q, pool::bank(c), o);
  CHECK(whole.finished == 5000);
  auto until = [](idx done, idx, char const*) { return done < 4096; };
  o.progress = progress(until, 1e6);
  auto const first = mine(q, pool::bank(c), o);
  CHECK((first.cancelled && first.finished == 4096));
  o.progress = {}, o.first_row = first.finished;
  auto const rest = mine(view<float>(as_view(q)).middle(4096, 904), pool::bank(c), o);
  CHECK((rest.finished == 904 && same_rows(whole, rest, 4096)));
  CHECK(std::equal(first.ids.begin(), first.ids.begin() + 4 * 4096, whole.ids.begin()));
}

namespace {
/// Ten workers that are one.
struct ten_in_turn {
  int workers() const { return 10; }
  void run(int n, auto const& part) const {
    for (int i = n; i-- > 0;) part(i);
  }
};
}  // namespace

TEST_CASE("mine: many workers take more rows at once", "[mine]") {
  auto const q = normal_rows<float>(6000, 3, 1), c = normal_rows<float>(60, 3, 2);
  mine_options o{.negatives = 4, .range_max = 30, .sampling = sampling::uniform{}, .seed = 9};
  auto const whole = mine(q, pool::bank(c), o);
  auto until = [](idx done, idx, char const*) { return done < 4096; };
  ten_in_turn ten;
  o.executor = executor_of(ten);
  auto const same = mine(q, pool::bank(c), o);
  CHECK((same_rows(whole, same, 0) && same.finished == 6000));
  o.progress = progress(until, 1e6);
  auto const first = mine(q, pool::bank(c), o);
  CHECK((first.cancelled && first.finished == 5120));
  CHECK(std::equal(first.ids.begin(), first.ids.begin() + 4 * 5120, whole.ids.begin()));
}

TEST_CASE("mine: a filter that leaves nothing is filled up in linear time, and can be cancelled meanwhile", "[mine]") {
  auto const c = normal_rows<float>(64'000, 4, 2), q = normal_rows<float>(3, 4, 1);
  std::atomic<idx> asked = 0;
  auto const nothing = [&](bias::pair_view<float> const&) { return ++asked, log_zero<float>; };
  auto const documents = pool::bank(c, roles::all_negative{}, bias::per_pair(nothing));
  mine_options o{.negatives = 5, .executor = threads(2)};
  for (shortage policy : {shortage::fill_deeper, shortage::fill_random}) {
    asked = 0, o.shortage = policy;
    auto const start = std::chrono::steady_clock::now();
    auto const m = mine(q, documents, o);
    CHECK(m.counts == std::vector<idx>{0, 0, 0});
    CHECK(asked <= 3 * (c.rows() + 50));  // the window, then every candidate once
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 20);
  }
  asked = 0;
  auto stop = [&](idx, idx, char const* phase) { return std::string(phase) != "fill" || asked < 5000; };
  o.progress = progress(stop, 0);
  auto const cancelled = mine(q, documents, o);
  CHECK(cancelled.cancelled);
  CHECK(asked < 3 * c.rows());
  CHECK(cancelled.ids == std::vector<idx>(15, -1));
}

TEST_CASE("mine: progress is asked while rows are worked on, by the caller alone, and stops the job at once", "[mine]") {
  auto const q = normal_rows<float>(300, 8, 1), c = normal_rows<float>(20'000, 8, 2);
  for (int workers : {1, 3}) {
    idx calls = 0, last = 0;
    auto const caller = std::this_thread::get_id();
    bool rises = true, here = true;
    auto watch = [&](idx done, idx total, char const*) {
      rises = rises && done >= last && total == 300, last = done, ++calls;
      here = here && std::this_thread::get_id() == caller;
      return true;
    };
    mine_options o{.negatives = 4, .executor = threads(workers)};
    o.progress = progress(watch, 0);
    auto const m = mine(q, pool::bank(c), o);
    CHECK((calls > 50 && rises && here && last == 300 && !m.cancelled));
    idx left = 20;
    auto stop = [&](idx, idx, char const*) { return --left > 0; };
    o.progress = progress(stop, 0);
    auto const none = mine(q, pool::bank(c), o);
    CHECK((left == 0 && none.cancelled && none.rows == 300 && none.ids == std::vector<idx>(1200, -1)));
    auto fail = [&](idx done, idx, char const*) -> bool { return done < 5 || (throw std::runtime_error("enough"), false); };
    o.progress = progress(fail, 0);
    CHECK_THROWS_WITH(mine(q, pool::bank(c), o), "enough");
  }
  auto never = [](idx, idx, char const*) { return true; };
  mine_options o;
  o.progress = progress(never, quiet_nan<double>());
  CHECK(says(refusal([&] { mine(q, pool::bank(c), o); }), {"mine: seconds"}));
}

TEST_CASE("mine: NaN among given scores are counted once, however often a row is looked at", "[mine]") {
  matrix<double> s(2, 400);
  for (idx k = 0; k < s.size(); ++k) s.data()[k] = double(k % 400);
  s(0, 7) = s(1, 9) = quiet_nan<double>();
  auto const m = mine(pool::given(s, roles::all_negative{}, bias::max_score{20}),
                      {.negatives = 10, .range_max = whole_corpus, .shortage = shortage::fill_deeper});
  CHECK(m.nan == 2);
  CHECK((m.count(0) == 10 && m.id(0, 0) == 20 && m.id(1, 0) == 20));
}

TEST_CASE("mine: everything may be asked for by a huge number; what cannot be returned takes no memory", "[mine]") {
  auto const q = normal_rows<float>(5, 4, 1), c = normal_rows<float>(30, 4, 2);
  auto const sane = mine(q, pool::bank(c), {.negatives = 30});
  constexpr idx huge = (std::numeric_limits<idx>::max)();
  for (idx n : {idx(1) << 31, idx(1) << 60, huge})
    for (sampler const draw : {sampler(sampling::top{}), sampler(sampling::uniform{}), sampler(sampling::softmax{.temperature = 0.3})})
      for (shortage policy : {shortage::keep_short, shortage::fill_random, shortage::fill_deeper, shortage::error}) {
        auto const m = mine(q, pool::bank(c), {.negatives = n, .sampling = draw, .shortage = policy});
        CHECK((m.per_row == 30 && m.ids == sane.ids && m.short_rows == 0));
      }
  CHECK(mine(q, pool::bank(c), {.negatives = huge, .range_min = huge}).counts == std::vector<idx>(5, 0));
  CHECK(mine(q, pool::bank(c), {.negatives = huge, .range_max = whole_corpus}).ids == sane.ids);
  CHECK(mine(q, pool::bank(c), {.range_min = 28, .range_max = huge - 1}).counts == std::vector<idx>(5, 2));
  CHECK(says(refusal([&] { mine(q, pool::bank(c), {.negatives = 3, .range_min = huge, .range_max = huge}); }), {"mine: the window"}));
  CHECK(says(refusal([&] { mine(q, pool::bank(c), {.negatives = idx(1) << 60, .shortage = shortage::repeat}); }),
             {"mine: shortage::repeat", "1152921504606846976"}));
  std::vector<int> one{1};
  CHECK(says(refusal([&] {
               mining::apply_shortage_policy(shortage::repeat, one, idx(1) << 60, "here", 0, [](idx) { return std::vector<int>{}; });
             }),
             {"here: shortage::repeat"}));
}

namespace {
/// Best where the cosine is 0.2: not what a product ranks by.
struct peak {
  static constexpr metric kind{.unit = true};
  template <Scalar S>
  S link(S x) const {
    return -std::abs(x - S(0.2));
  }
  template <Scalar S>
  S link_slope(S) const {
    return 0;
  }
};
/// A user's filter that says nothing of windows.
struct no_hard_ones {
  static constexpr char const* name = "no_hard_ones";
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    drop_where(r, bias, [&](idx j) { return r.score[j] > S(0.3); });
  }
  void check(idx, idx) const {}
};
}  // namespace

TEST_CASE("mine: a similarity whose link is not monotone is ranked by all its scores", "[mine]") {
  static_assert(!is_monotone<peak> && is_monotone<similarity::cosine> && is_monotone<similarity::neg_l2>);
  auto const q = normal_rows<double>(6, 7, 1), c = normal_rows<double>(3000, 7, 2);
  auto const m = mine(q, pool::bank(c), {.negatives = 9, .executor = threads(2)}, peak{});
  for (idx i = 0; i < 6; ++i) {
    std::vector<std::pair<double, idx>> all;
    for (idx j = 0; j < c.rows(); ++j) all.push_back({std::abs(q.row(i).dot(c.row(j)) / (q.row(i).norm() * c.row(j).norm()) - 0.2), j});
    std::sort(all.begin(), all.end());
    for (idx k = 0; k < 9; ++k) {
      CHECK(m.id(i, k) == all[std::size_t(k)].second);
      CHECK(std::abs(m.score(i, k) + all[std::size_t(k)].first) < 1e-12);
    }
  }
  CHECK(m.exact_rows == 0);
}

namespace {
/// Flat between whole numbers of halves.
struct steps {
  static constexpr metric kind{};
  static constexpr bool monotone = true;
  template <Scalar S>
  S link(S x) const {
    return std::floor(x / 2);
  }
  template <Scalar S>
  S link_slope(S) const {
    return 0;
  }
};
/// All alike.
struct nothing {
  static constexpr metric kind{};
  static constexpr bool monotone = true, linear = true;
  template <Scalar S>
  S link(S x) const {
    return 0 * x;
  }
  template <Scalar S>
  S link_slope(S) const {
    return 0;
  }
};
/// That of the guide: near 1 or 0 its numbers are few.
struct gaussian {
  static constexpr metric kind{.distance = true};
  static constexpr bool monotone = true;
  double gamma = 0.5;
  template <Scalar S>
  S link(S square) const {
    return std::exp(S(-gamma) * square);
  }
  template <Scalar S>
  S link_slope(S score) const {
    return S(-gamma) * score;
  }
};
}  // namespace

TEST_CASE("mine: numbers that a monotone link makes equal rank by id, for any threads and blocks", "[mine]") {
  idx const rows = 5, columns = 9000, dim = 6;
  matrix<float> q(rows, dim), c(columns, dim);  // whole numbers: products are exact
  random_stream draw(3, purpose::user);
  for (matrix<float>* m : {&q, &c})
    for (idx i = 0; i < m->size(); ++i) m->data()[i] = float(draw.below(7)) - 3;
  auto const check = [&](auto sim, auto const& number) {
    candidate_blocks<float> const blocks(as_view(c), sim.kind, 700);
    std::vector<idx> want;
    for (idx i = 0; i < rows; ++i) {
      std::vector<float> score;
      std::vector<idx> order;
      for (idx j = 0; j < columns; ++j) score.push_back(sim.link(number(i, j))), order.push_back(j);
      std::stable_sort(order.begin(), order.end(), [&](idx a, idx b) { return score[std::size_t(a)] > score[std::size_t(b)]; });
      want.insert(want.end(), order.begin(), order.begin() + 20);
    }
    mine_options o{.negatives = 20};
    for (int workers : {1, 4}) {
      o.executor = threads(workers);
      CHECK(mine(q, pool::bank(c), o, sim).ids == want);
      CHECK(mine_in_blocks(q, pool::bank(blocks.all()), blocks, o, sim).ids == want);
    }
  };
  auto const product = [&](idx i, idx j) { return q.row(i).dot(c.row(j)); };
  auto const square = [&](idx i, idx j) { return (q.row(i) - c.row(j)).squaredNorm(); };
  check(steps{}, product), check(nothing{}, product), check(gaussian{.gamma = 1e-9}, square), check(gaussian{.gamma = 50}, square);
  CHECK(mine(q, pool::bank(c), {.negatives = 20}, gaussian{.gamma = 0.5}).exact_rows == 0);
}

TEST_CASE("mine: a filter that says nothing widens the window", "[mine]") {
  auto const q = normal_rows<float>(4, 3, 1), c = normal_rows<float>(200, 3, 2);
  CHECK(mine(q, pool::bank(c, roles::all_negative{}, no_hard_ones{}), {.negatives = 5}).range_max == 50);
  CHECK(mine(q, pool::bank(c, roles::all_negative{}, bias::min_score{-1}), {.negatives = 5}).range_max == 5);
}

TEST_CASE("mine: a margin without any positive is refused, unless other parts of the job may have some", "[mine]") {
  auto const q = normal_rows<float>(4, 3, 1), c = normal_rows<float>(200, 3, 2);
  std::vector<idx> const none{0, 0, 0, 0, 0}, ids;
  CHECK(says(refusal([&] { mine(q, pool::bank(c, roles::all_negative{}, bias::relative_margin{0.05})); }),
             {"mine: filter relative_margin", "positives"}));
  CHECK(says(refusal([&] { mine(q, pool::bank(c, roles::listed(none, ids), bias::absolute_margin{0.05})); }),
             {"mine: filter absolute_margin"}));
  auto const m = mine(q, pool::bank(c, roles::listed(none, ids), bias::absolute_margin{0.05}), {.first_row = 0});
  CHECK(m.without_positive == 4);
  CHECK(mine(q, pool::bank(c, roles::all_negative{}, bias::absolute_margin{-1e30})).counts == std::vector<idx>(4, 3));
}
