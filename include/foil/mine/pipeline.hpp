// Source | rank | filter | sample, then synthesis or a layout: one query's negatives out of small stages.
#pragma once

#include <array>

#include "foil/core/option.hpp"
#include "foil/mine/ambiguous.hpp"
#include "foil/mine/judge.hpp"
#include "foil/mine/layout.hpp"
#include "foil/mine/mochi.hpp"
#include "foil/mine/window.hpp"

namespace foil::inline FOIL_ABI::mining {

struct listed_candidate {
  idx id;
  double score;
  idx rank;  ///< in the source, from 0; -1 for a back-filled one
};

/// What flows from stage to stage: candidates in order, and what stages may ask about the query.
struct candidate_list {
  idx row = 0;
  std::vector<listed_candidate> kept;
  std::vector<idx> positives;
  double lowest_positive = quiet_nan<double>();  ///< NaN without a scored positive: margins are skipped

  struct count {
    char const* stage;
    idx dropped;
  };
  std::vector<count> dropped;  ///< of each stage, in order
  idx missing = 0;             ///< wanted and not there after the last sampling or back-fill

  std::vector<idx> ids() const {
    std::vector<idx> out;
    for (auto const& c : kept) out.push_back(c.id);
    return out;
  }
};

/// A source: all eligible candidates of a query in the canonical order, from any scores (a product, BM25, a judge, a
/// reward). Positives outside the candidates are known by name only. O(C log C).
inline candidate_list source(idx row, numbers scores, id_list positives = {}) {
  candidate_list l;
  l.row = row;
  for (idx p = 0; p < positives.size(); ++p) {
    l.positives.push_back(positives[p]);
    if (positives[p] < 0 || positives[p] >= scores.size() || ineligible_bits(scores[positives[p]])) continue;
    double const s = scores[positives[p]];
    l.lowest_positive = nan_bits(l.lowest_positive) ? s : (std::min)(l.lowest_positive, s);
  }
  for (idx id : canonical_order(scores)) l.kept.push_back({id, scores[id], idx(l.kept.size())});
  return l;
}

/// A stage is callable: candidate_list -> candidate_list. A filter may only shrink, a sampler only select.
template <class T>
concept Stage = requires(T const& t, candidate_list l) {
  { t(l) } -> std::same_as<candidate_list>;
};
template <Stage A, Stage B>
struct stages {
  A first;
  B second;
  candidate_list operator()(candidate_list l) const { return second(first(std::move(l))); }
};
/// a | b: a, then b. Kept as a value, a pipeline serves any number of queries.
template <Stage A, Stage B>
stages<A, B> operator|(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <Stage A>
candidate_list operator|(candidate_list l, A const& stage) {
  return stage(std::move(l));
}

/// Keeps what keep(candidate, list) says, under a name for the counts. Filters commute with each other up to the counts.
template <class F>
struct keep_if {
  char const* name;
  F keep;
  candidate_list operator()(candidate_list l) const {
    idx const before = idx(l.kept.size());
    std::vector<listed_candidate> rest;
    for (auto const& c : l.kept)
      if (keep(c, static_cast<candidate_list const&>(l))) rest.push_back(c);
    l.kept = std::move(rest);
    l.dropped.push_back({name, before - idx(l.kept.size())});
    return l;
  }
};
template <class F>
keep_if<F> filter(char const* name, F keep) {
  return {name, std::move(keep)};
}
/// Filters by identity: the query's positives, and any other ids (its own, a ban list, those already used).
inline auto without_positives() {
  return filter("positive", [](listed_candidate const& c, candidate_list const& l) {
    return std::find(l.positives.begin(), l.positives.end(), c.id) == l.positives.end();
  });
}
inline auto without(id_list banned) {
  return filter("banned", [bans = id_set(banned)](listed_candidate const& c, candidate_list const&) { return !bans.contains(c.id); });
}
/// Dropped when score + absolute > p, or score > p - |p| * relative, for the lowest positive p. Equality survives.
inline auto below_positive(double absolute, double relative = 0) {
  check_option("below_positive", "absolute", absolute, range::finite);
  check_option("below_positive", "relative", relative, range::real{0, 1, false, true});
  return filter("margin", [=](listed_candidate const& c, candidate_list const& l) {
    double const p = l.lowest_positive;
    return nan_bits(p) || (c.score + absolute <= p && c.score <= p - std::abs(p) * relative);
  });
}
/// Both ends inclusive.
inline auto score_bounds(double least, double most) {
  check_option("score_bounds", "least", least, range::any), check_option("score_bounds", "most", most, range::any);
  return filter("bounds", [=](listed_candidate const& c, candidate_list const&) { return least <= c.score && c.score <= most; });
}

/// Places lo .. hi-1 of what is there: before filters they are ranks of the source, after them ranks of the survivors.
struct rank_window {
  static constexpr char const* name = "rank_window";
  idx lo = 0, hi = 0;  ///< 0 <= lo < hi
  static void options(auto list) {
    list("lo", &rank_window::lo, range::at_least(0)), list("hi", &rank_window::hi, range::at_least(0));
  }
  candidate_list operator()(candidate_list l) const {
    check_options(*this);
    require(hi > lo, "rank_window: lo < hi is needed, got lo = ", lo, " and hi = ", hi);
    auto const n = idx(l.kept.size());
    l.kept.erase(l.kept.begin() + (std::min)(hi, n), l.kept.end());
    l.kept.erase(l.kept.begin(), l.kept.begin() + (std::min)(lo, n));
    l.dropped.push_back({"window", n - idx(l.kept.size())});
    return l;
  }
};
/// Orders anew by second(candidate, list), descending and stable; scores become those. A reranker, a judge, an owner query.
template <class F>
struct reranked {
  F second;
  candidate_list operator()(candidate_list l) const {
    std::vector<double> scores;
    for (auto const& c : l.kept) scores.push_back(second(c, static_cast<candidate_list const&>(l)));
    std::vector<listed_candidate> sorted;
    for (idx t : canonical_order(scores)) {
      sorted.push_back(l.kept[std::size_t(t)]);
      sorted.back().score = scores[std::size_t(t)];
    }
    l.dropped.push_back({"rerank", idx(l.kept.size() - sorted.size())});  // without a number: not eligible
    l.kept = std::move(sorted);
    return l;
  }
};
template <class F>
reranked<F> rerank(F second) {
  return {std::move(second)};
}

/// Selects by places(list) among what is there, at most n.
template <class F>
struct sampled {
  idx n;
  F places;
  candidate_list operator()(candidate_list l) const {
    require(n >= 0, "sample: argument n must not be negative, got ", n);
    std::vector<listed_candidate> chosen;
    for (idx t : places(static_cast<candidate_list const&>(l)))
      if (idx(chosen.size()) < n) chosen.push_back(l.kept[std::size_t(t)]);
    l.missing = n - idx(chosen.size());
    l.kept = std::move(chosen);
    return l;
  }
};
template <class F>
sampled<F> sample(idx n, F places) {
  return {n, std::move(places)};
}
/// The first n; every step-th, then again one later; n uniformly, in rank order. Streams are keyed by the row.
inline auto take(idx n) {
  return sample(n, [](candidate_list const& l) { return strided_order(idx(l.kept.size()), 1); });
}
inline auto take_strided(idx n, idx step) {
  return sample(n, [step](candidate_list const& l) { return strided_order(idx(l.kept.size()), step); });
}
inline auto take_uniform(idx n, std::uint64_t seed, std::uint32_t epoch = 0) {
  return sample(n, [=](candidate_list const& l) {
    random_stream draw(seed, purpose::sample, epoch, std::uint64_t(l.row));
    auto places = uniform_subset(idx(l.kept.size()), (std::min)((std::max)(n, idx(0)), idx(l.kept.size())), draw);
    std::sort(places.begin(), places.end());
    return places;
  });
}
/// n successively in proportion to e^log_weight(candidate, list), in the order drawn: softmax with the score over a
/// temperature, the bell of SimANS, any other weight.
template <class F>
auto take_weighted(idx n, F log_weight, std::uint64_t seed, std::uint32_t epoch = 0) {
  return sample(n, [=](candidate_list const& l) {
    std::vector<double> logs;
    for (auto const& c : l.kept) logs.push_back(log_weight(c, l));
    return gumbel_top_k(logs, (std::max)(n, idx(0)), 1, random_stream(seed, purpose::gumbel, epoch, std::uint64_t(l.row))).selected;
  });
}

/// What to do about too few: one of the named policies. fill_random draws uniformly from ids 0 .. columns-1 that are
/// neither positives, nor banned, nor there; fill_deeper has no ranks left to draw from here and is refused.
struct back_fill {
  static constexpr char const* name = "back_fill";
  idx n = 0;  ///< >= 0
  shortage policy = shortage::keep_short;
  idx columns = 0;  ///< >= 0
  std::vector<idx> banned{};
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  static void options(auto list) {
    list("n", &back_fill::n, range::at_least(0)), list("columns", &back_fill::columns, range::at_least(0));
    list("policy", &back_fill::policy, shortage::error);
  }
  candidate_list operator()(candidate_list l) const {
    check_options(*this);
    require(policy != shortage::fill_deeper, "back_fill: policy fill_deeper needs the ranks; widen the rank_window instead");
    relieve(policy, l.kept, n, "back_fill", l.row, [&](idx more) {
      std::vector<idx> taken = l.ids();
      taken.insert(taken.end(), l.positives.begin(), l.positives.end());
      taken.insert(taken.end(), banned.begin(), banned.end());
      std::vector<listed_candidate> found;
      for (idx id : draw_outside(columns, more, taken, random_stream(seed, purpose::fill, epoch, std::uint64_t(l.row))))
        found.push_back({id, minus_infinity<double>(), -1});
      return found;
    });
    l.missing = (std::max)(idx(0), n - idx(l.kept.size()));
    return l;
  }
};

/// Synthesis: mixes of what is kept, with each other and with the query [1, d]; documents [C, d], both of unit length.
template <Scalar S>
mochi_negatives<S> mixes(candidate_list const& l, view<S> query, view<S> documents, random_stream draw, mochi_options const& o = {}) {
  matrix<S> parents(idx(l.kept.size()), documents.cols());
  for (idx t = 0; t < parents.rows(); ++t) {
    idx const id = l.kept[std::size_t(t)].id;
    require(id >= 0 && id < documents.rows(), "mixes: candidate ", id, " is outside the ", documents.rows(), " documents");
    std::copy_n(documents.row(id), documents.cols(), parents.data() + t * documents.cols());
  }
  return mochi(query, as_view(parents), draw, o);
}

/// Layouts of one query: one row per positive with all that is kept; one row per (a, p, n); (a, document, label).
inline std::vector<training_row> tuples(candidate_list const& l) {
  std::vector<training_row> out;
  for (idx p : l.positives)
    if (!l.kept.empty()) out.push_back({l.row, p, l.ids()});
  return out;
}
inline std::vector<std::array<idx, 3>> triplets(candidate_list const& l) {
  std::vector<std::array<idx, 3>> out;
  for (idx p : l.positives)
    for (idx n : l.ids()) out.push_back({l.row, p, n});
  return out;
}
inline std::vector<std::array<idx, 3>> labelled_pairs(candidate_list const& l) {
  std::vector<std::array<idx, 3>> out;
  for (idx p : l.positives) out.push_back({l.row, p, 1});
  for (idx n : l.ids()) out.push_back({l.row, n, 0});
  return out;
}

}  // namespace foil::inline FOIL_ABI::mining
