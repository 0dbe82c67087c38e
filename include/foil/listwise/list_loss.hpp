// SPDX-License-Identifier: BSD-3-Clause
// List losses: a row's whole short list of scores and targets in, value and slopes out. One file because the
// call, its checks and its result are one interface.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What one list is worth, and how often it counts: pairs in losses that average over pairs, else 1. 0: it does not.
struct list_row {
  double value = 0, weight = 1;  ///< the list's loss, times its weight where that is not 1; how often it counts, >= 0
};

/// A list loss is a struct with options and
///   static constexpr char const* name = "...";
///   list_row row(std::span<double const> scores, std::span<double const> targets, std::span<double> slope) const;
/// `slope` (zeros at entry) receives d value / d score. Lists are short, so rows are computed in double whatever the
/// scores are stored in. Optional: options(list) and check() (see check_options); static constexpr bool needs_targets =
/// false lets the targets be left out (row then sees none).
/// One rule for lists that say nothing (no relevant item, labels all alike, no weight): they have weight 0 and leave the mean,
/// whatever the loss; a batch without any other is refused, or 0 where list_options asks for it.
template <class L>
concept ListLoss = requires(L const& l, std::span<double const> x, std::span<double> slope) {
  { L::name } -> std::convertible_to<char const*>;
  { l.row(x, x, slope) } -> std::same_as<list_row>;
};

/// From the losses of the lists to one number.
enum class list_reduction { mean /** sum of values over sum of weights */, sum };

/// Options of value_and_grad_lists and of list losses over pools.
struct list_options {
  list_reduction reduction = list_reduction::mean;  ///< from lists to one number
  id_list lengths{};                 ///< entries of each row that are its list, 0 .. columns; empty: all. The rest is never read.
  bool zero_if_none_counts = false;  ///< value and gradient 0 for a batch in which no list counts, in place of a refusal
  static void options(auto list) { list("reduction", &list_options::reduction, list_reduction::sum); }
};

/// What a pass over the lists found.
struct list_total {
  double value = 0, weight = 0;  ///< reduced loss; sum of the lists' weights
  idx lists_used = 0;            ///< lists of positive weight
};

/// What value_and_grad_lists returns for scores [B, L].
template <Scalar S>
struct list_outcome {
  S value = 0;          ///< the reduced loss
  matrix<S> scores;     ///< [B, L] d value / d scores, 0 beyond a list's length
  std::vector<S> rows;  ///< value over weight of each list, 0 where it does not count
  double weight = 0;    ///< pairs or lists behind the mean
  idx lists_used = 0;   ///< lists that counted
};

/// The loop over lists. `slopes` [B, L] row by row receives d value / d scores; `each(i, value over weight)` is told of
/// every list. Refuses shapes, what is not finite within a list or comes out of it as more than S holds, and a batch
/// without a list that counts. `unit`: a power of two that slopes are multiplied by until they are divided by the weights' sum.
template <ListLoss L, Scalar S, Scalar T, class Each>
list_total sum_lists(L const& loss, view<S> scores, view<T> targets, list_options const& o, S* slopes, Each each, double unit = 1) {
  constexpr bool optional = requires { requires !L::needs_targets; };
  idx const n = scores.rows(), width = scores.cols();
  bool const given = targets.data() != nullptr || targets.rows() > 0;
  check_options(loss), check_options(L::name, o);
  require(given || optional, L::name, ": needs targets");
  require(!given || (targets.rows() == n && targets.cols() == width), L::name, ": scores are [", n, ", ", width, "], targets [",
          targets.rows(), ", ", targets.cols(), "]");
  require(o.lengths.empty() || o.lengths.size() == n, L::name, ": ", n, " lists, but ", o.lengths.size(), " lengths");
  auto const length = [&](idx i) { return o.lengths.empty() ? width : o.lengths[i]; };
  for (idx i = 0; i < n; ++i) {
    require(length(i) >= 0 && length(i) <= width, L::name, ": the length of list ", i, " is ", length(i), ", expected 0 .. ", width);
    auto const refuse_bad = [&](auto const* x, char const* what) {
      idx const j = first_bad(x, length(i));
      require(j < 0, L::name, ": ", what, " hold a NaN or an infinity at row ", i, ", column ", j);
    };
    refuse_bad(scores.row(i), "scores");
    if (given) refuse_bad(targets.row(i), "targets");
  }
  list_total r;
  std::vector<double> list(std::size_t(3 * width));
  double* const slope = list.data() + 2 * width;
  for (idx i = 0; i < n; ++i) {
    auto const m = std::size_t(length(i));
    for (std::size_t j = 0; j < m; ++j) {
      list[j] = double(scores(i, idx(j))), slope[j] = 0;
      if (given) list[std::size_t(width) + j] = double(targets(i, idx(j)));
    }
    list_row const row = m == 0 ? list_row{0, 0} : loss.row({list.data(), m}, {list.data() + width, given ? m : 0}, {slope, m});
    each(i, row.weight > 0 ? row.value / row.weight : 0.0);
    if (!(row.weight > 0)) continue;
    r.value += row.value, r.weight += row.weight, ++r.lists_used;
    bool const finite =
        finite_bits(S(row.value)) && finite_bits(S(row.value / row.weight)) && finite_bits(r.value) && finite_bits(r.weight);
    S* const out = slopes + i * width;
    for (std::size_t j = 0; j < m; ++j) out[j] = S(slope[j] * unit);
    require(finite && first_bad(out, idx(m)) < 0, L::name, ": the loss of list ", i, " or its slopes are beyond what a ", scalar_name<S>,
            " holds; its scores are too far apart");
  }
  require(r.weight > 0 || n == 0 || o.zero_if_none_counts, L::name, ": no list counts, each lacks a relevant item or one that is not");
  if (o.reduction == list_reduction::sum || !(r.weight > 0)) {
    require(finite_bits(S(r.value)), L::name, ": the sum of the lists' losses is beyond what a ", scalar_name<S>, " holds");
    return r;
  }
  // Slopes of weights far below 1 have lost their digits in S: once more, at the size of the weights.
  if (unit == 1 && r.weight < 1e-20) return sum_lists(loss, scores, targets, o, slopes, each, std::ldexp(1.0, scaling_exponent(r.weight)));
  double const divisor = r.weight * unit;
  for (idx k = 0; k < n * width; ++k) slopes[k] = S(double(slopes[k]) / divisor);
  idx const bad = first_bad(slopes, n * width);
  require(bad < 0, L::name, ": the slopes of list ", bad / (std::max)(width, idx(1)), " are beyond what a ", scalar_name<S>,
          " holds once divided by the weights' sum, ", r.weight);
  r.value /= r.weight;
  return r;
}

/// scores [B, L], targets the same shape (what they mean is the loss's matter), float or double each. Time: the rows';
/// memory: the gradient. No list: 0.
template <ListLoss L, class X, class T>
requires(Embeddings<T> || is_view<T>) auto value_and_grad_lists(L const& loss, X const& scores, T const& targets,
                                                                list_options const& o = {}) {
  auto const x = as_view(scores);
  using S = typename decltype(x)::Scalar;
  static_assert(Scalar<S>, "foil: value_and_grad_lists takes scores as float or as double");
  list_outcome<S> r{.scores = matrix<S>::Zero(x.rows(), x.cols()), .rows = std::vector<S>(std::size_t(x.rows()))};
  list_total const total =
      sum_lists(loss, x, as_view(targets), o, r.scores.data(), [&](idx i, double value) { r.rows[std::size_t(i)] = S(value); });
  r.value = S(total.value), r.weight = total.weight, r.lists_used = total.lists_used;
  return r;
}
/// For losses that need no targets.
template <ListLoss L, class X>
auto value_and_grad_lists(L const& loss, X const& scores, list_options const& o = {}) {
  return value_and_grad_lists(loss, scores, view<typename X::Scalar>{}, o);
}

/// A list loss as a loss of the engine: the columns of all pools, one after the other, are a row's list.
///   objective(loss::on_lists(loss::lambda_loss{}, relevance), similarity::dot{}).value_and_grad(q, pool::own(docs, 100))
/// targets [B, columns] is viewed. Roles and biases of the pools are not consulted.
template <ListLoss L, Scalar T>
class on_lists {
 public:
  explicit on_lists(L loss, view<T> targets, list_options options = {}) : loss_(loss), targets_(targets), options_(options) {}
  template <class M>
  requires(!is_view<std::remove_cvref_t<M>>) explicit on_lists(L loss, M&& targets, list_options options = {})
      : on_lists(loss, as_view(std::forward<M>(targets)), options) {}

  double scale() const { return 1; }
  void check() const { check_options(loss_), check_options(L::name, options_); }
  /// Whether a column is within its row's list; others need no candidate.
  bool reads(idx row, idx column) const {
    id_list const& n = options_.lengths;
    return row >= n.size() || column < n[row];
  }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    return S(sum_lists(loss_, u, targets_, options_, slopes, [](idx, double) {}).value);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return targets_.overlaps(from, to) || options_.lengths.overlaps(from, to); }

 private:
  L loss_;
  view<T> targets_;
  list_options options_;
};
template <class L, class M>
on_lists(L, M&&, list_options) -> on_lists<L, storage_of<M>>;
template <class L, class M>
on_lists(L, M&&) -> on_lists<L, storage_of<M>>;

}}  // namespace foil::loss
