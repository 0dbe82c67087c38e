// SPDX-License-Identifier: BSD-3-Clause
// Filters that were asked for or not, decided when the program runs: one type of pool for all jobs.
#pragma once

#include <foil/foil.hpp>
#include <optional>
#include <tuple>

#include "inputs.hpp"

namespace miner {

/// A filter or none; none drops nothing and costs nothing.
template <class B>
struct maybe {
  static constexpr char const* name = B::name;
  static constexpr bool needs_positive = foil::needs_positive<B>, needs_guide = foil::needs_guide<B>;
  std::optional<B> filter{};

  bool is_active() const { return filter && foil::drops_many(*filter); }
  template <class S, class Dot>
  void guide_scores(idx row, idx first, idx n, S* out, Dot dot) const {
    if constexpr (needs_guide)
      if (filter) filter->guide_scores(row, first, n, out, dot);
  }
  template <foil::Scalar S>
  void weigh(foil::bias_row<S> const& r, S* bias) const {
    if (filter) filter->weigh(r, bias);
  }
  /// Of filters by score, so that they are compared during a scan of the whole corpus, and counted as foil::mine counts them.
  template <foil::Scalar S>
  requires foil::has_ceiling<B, S>
  bool too_high(foil::bias_row<S> const& r, S score) const { return filter && filter->too_high(r, score); }
  template <foil::Scalar S>
  requires foil::has_floor<B, S>
  bool too_low(foil::bias_row<S> const& r, S score) const { return filter && filter->too_low(r, score); }
  void check(idx rows, idx columns, char const* where = name) const {
    if (!filter) return;
    foil::check_options(where, *filter);
    foil::pool::check_part(*filter, rows, columns, where);
  }
};
/// One with a margin to positives, of which foil asks which.
template <class B>
struct maybe_margin : maybe<B> {
  foil::reference positive = foil::reference::lowest;
};

/// What the filters of a block of queries view: rows from .. to, counted from 0.
template <foil::Scalar S>
class filters {
 public:
  explicit filters(inputs const& in) : in_(in), o_(in.o) {}

  /// As foil::pool::bank takes them, in the order of the manual page, each acting or not. They view this object.
  auto of(idx from, idx to) {
    namespace bias = foil::bias;
    maybe<bias::same_id> own;
    maybe<bias::listed> excluded;
    maybe<bias::mask> mask;
    maybe<bias::same_label> label;
    maybe<bias::min_score> low;
    maybe<bias::max_score> high;
    maybe_margin<bias::absolute_margin> absolute;
    maybe_margin<bias::relative_margin> relative;
    maybe<bias::near_duplicate<S>> near;
    maybe<bias::guide<S>> guide;
    auto const part = [&](std::vector<idx> const& all) {
      return std::span<idx const>(all).subspan(std::size_t(from), std::size_t(to - from));
    };
    if (o_.exclude_same_id) own.filter.emplace(part(in_.same_query), in_.same_document);
    if (!o_.exclude.empty()) {
      cut(in_.excluded, from, to, excluded_offsets_, excluded_);
      excluded.filter.emplace(excluded_offsets_, excluded_);
    }
    if (!o_.mask.empty()) {
      auto const all = in_.mask.values<std::uint8_t>();
      auto const n = std::size_t(in_.corpus.n());
      mask_ = all.subspan(std::size_t(from) * n, std::size_t(to - from) * n);
      mask.filter.emplace(foil::list_view<unsigned char>(mask_), in_.corpus.n());
    }
    if (!o_.query_labels.empty()) label.filter.emplace(part(in_.query_label), in_.corpus_label);
    if (o_.min_score) low.filter.emplace(bias::min_score{*o_.min_score});
    if (o_.max_score) high.filter.emplace(bias::max_score{*o_.max_score});
    if (o_.absolute_margin)
      absolute.filter.emplace(bias::absolute_margin{*o_.absolute_margin, o_.margin_of}), absolute.positive = o_.margin_of;
    if (o_.relative_margin)
      relative.filter.emplace(bias::relative_margin{*o_.relative_margin, o_.margin_of}), relative.positive = o_.margin_of;
    cut(in_.positives, from, to, offsets, positives);
    if (o_.near_duplicate) near.filter.emplace(documents(), offsets, positives, *o_.near_duplicate);
    if (in_.guide_queries) {
      guide_queries_ = in_.guide_queries->read<S>(from, to);
      limits_.assign(offsets.size() - 1, (std::numeric_limits<S>::max)());
      guide.filter.emplace(foil::as_view(guide_queries_), in_.guide_corpus->in<S>(guide_corpus_), foil::list_view<S>(limits_));
      set_limits(*guide.filter);
    }
    return std::make_tuple(own, excluded, mask, label, low, high, absolute, relative, near, guide);
  }

  std::vector<idx> offsets, positives;  ///< of the block's rows

  /// Which of them were asked for, in their order.
  static std::vector<bool> asked(options const& o) {
    return {o.exclude_same_id, !o.exclude.empty(),      !o.mask.empty(),         !o.query_labels.empty(), bool(o.min_score),
            bool(o.max_score), bool(o.absolute_margin), bool(o.relative_margin), bool(o.near_duplicate),  !o.guide_queries.empty()};
  }

 private:
  /// As near_duplicate compares them; those that are left out are near nothing.
  foil::view<S> documents() {
    if (!documents_) documents_ = o_.mining.bad_rows == foil::bad_rows::skip ? in_.corpus.finite_in<S>(corpus_) : in_.corpus.in<S>(corpus_);
    return *documents_;
  }
  static void cut(qrels const& all, idx from, idx to, std::vector<idx>& offsets, std::vector<idx>& ids) {
    idx const start = all.offsets[std::size_t(from)], end = all.offsets[std::size_t(to)];
    offsets.clear();
    for (idx i = from; i <= to; ++i) offsets.push_back(all.offsets[std::size_t(i)] - start);
    ids.assign(all.documents.begin() + start, all.documents.begin() + end);
  }
  /// The guide's cosine of each query and its lowest positive, minus the margin; of a query without one, no limit. As the filter computes
  /// it, so that a document that is as near as the positive, a copy of it say, stays.
  void set_limits(foil::bias::guide<S> const& guide) {
    auto const dot = [](S const* x, S const* y, idx n) { return S(foil::simd::canonical_dot(x, y, n)); };
    for (std::size_t i = 0; i < limits_.size(); ++i)
      for (idx p = offsets[i]; p < offsets[i + 1]; ++p) {
        S cosine = 0;
        guide.guide_scores(idx(i), positives[std::size_t(p)], 1, &cosine, dot);
        limits_[i] = (std::min)(limits_[i], S(double(cosine) - o_.guide_margin));
      }
  }

  inputs const& in_;
  options const& o_;
  std::vector<idx> excluded_offsets_, excluded_;
  std::span<std::uint8_t const> mask_;
  foil::matrix<S> corpus_, guide_queries_, guide_corpus_;
  std::optional<foil::view<S>> documents_;
  std::vector<S> limits_;
};

}  // namespace miner
