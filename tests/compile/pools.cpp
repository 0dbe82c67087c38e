// Pools: what they are made of and in which order.
// Tests pool/parts.hpp, roles/contract.hpp, bias/contract.hpp.
#include <foil/foil.hpp>
foil::matrix<float> const q(4, 4), k(4, 4), more(8, 4);
std::vector<int> const labels{0, 1, 0, 1};
struct unnamed {
  template <foil::Scalar S>
  void weigh(foil::bias_row<S> const&, S*) const {}
  void check(foil::idx, foil::idx) const {}
};
struct unchecked {
  static constexpr char const* name = "unchecked";
  template <foil::Scalar S>
  void weigh(foil::bias_row<S> const&, S*) const {}
};
struct idle {
  static constexpr char const* name = "idle";
  void check(foil::idx, foil::idx) const {}
};
struct unchecked_roles {
  template <foil::Scalar S>
  void label(foil::idx, foil::idx, foil::idx, S*, std::vector<foil::idx>&) const {}
};
// What owns nothing may be a temporary.
auto const block = foil::pool::in_batch(k.topRows(3));
auto const map = foil::pool::bank(Eigen::Map<foil::matrix<float> const>(k.data(), 4, 4));
auto const view = foil::pool::own(foil::rows(more.data(), 8, 4), 2);
auto const listed = foil::pool::listed(k, std::span<int const>(labels), 1);

// expect: foil: a pool takes roles first and filters after them; write pool::bank(m, roles::all_negative{}, filter)
auto const p = foil::pool::bank(k, foil::bias::max_score{0.9});

// expect: foil: a pool takes roles first and filters after them; write pool::bank(m, roles::all_negative{}, filter)
auto const p = foil::pool::in_batch(k, foil::bias::relative_margin{0.05}, foil::roles::diagonal{});

// expect: foil: a pool has one relation, before its filters; write pool::bank(m, relation, filters...)
auto const p = foil::pool::self(q, foil::roles::by_label(labels), foil::roles::negatives_except_self{});

// expect: foil: roles have label(row, first, n, bias, positives); take one of foil::roles, or roles::per_pair(rule)
auto const p = foil::pool::bank(k, 3);

// expect: foil: roles have label(row, first, n, bias, positives); take one of foil::roles, or roles::per_pair(rule)
auto const p = foil::pool::in_batch(k, labels);

// expect: foil: roles have void check(foil::idx rows, foil::idx columns) const, which refuses lists of the wrong length
auto const p = foil::pool::bank(k, unchecked_roles{});

// expect: foil: a filter has a name for reports; give it a static constexpr char const* name
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, unnamed{});

// expect: foil: a filter has void check(foil::idx rows, foil::idx columns) const, which refuses bad options
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, unchecked{});

// expect: foil: a filter has void weigh(foil::bias_row<S> const& row, S* bias) const, which adds log weights or foil::log_zero<S>
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, idle{});

// expect: foil: a filter has void weigh(foil::bias_row<S> const& row, S* bias) const, which adds log weights or foil::log_zero<S>
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, [](float score) { return score < 0.9f; });

// expect: foil: this filter holds numbers of another scalar type than the pool (all float or half, or all double)
foil::matrix<double> const w(4, 4);
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, foil::bias::weights(w));

// expect: foil: roles::per_pair takes rule(foil::idx row, foil::idx column) -> foil::role
auto const p = foil::pool::bank(k, foil::roles::per_pair([](foil::idx i, foil::idx j) { return i == j; }));

// expect: foil: bias::near_duplicate views the pool's candidates and the positives of each row; write bias::near_duplicate(foil::as_view(documents), offsets, ids)
foil::bias::near_duplicate const p(k);

// expect: foil: bias::near_duplicate views the pool's candidates and the positives of each row; write bias::near_duplicate(foil::as_view(documents), offsets, ids)
auto const p = foil::pool::bank(k, foil::roles::all_negative{}, foil::bias::near_duplicate(k, labels, labels));

// expect: foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)
std::vector<float> const numbers(16);
auto const p = foil::pool::bank(numbers);

// expect: foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)
foil::pool::queue<float> const memory(8, 4);
auto const p = foil::pool::bank(memory);

// expect: foil: embeddings and scores are float, double, Eigen::half or Eigen::bfloat16; convert other numbers first
Eigen::Matrix<int, -1, -1, Eigen::RowMajor> const scores(4, 4);
auto const p = foil::pool::given(scores, foil::roles::diagonal{});

// expect: foil: an expression holds no numbers yet; evaluate it first: foil::matrix<float> const x = expression
auto const p = foil::pool::bank(2 * k);

// expect: foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass foil::columns(X)
Eigen::MatrixXf const by_columns(4, 4);
auto const p = foil::pool::bank(by_columns);

// expect: foil: pool::own needs to know how many rows belong to each anchor; write pool::own(m, per_row)
auto const p = foil::pool::own(more);

// expect: foil: pool::listed needs to know how many ids belong to each anchor; write pool::listed(m, ids, per_row)
auto const p = foil::pool::listed(k, labels);

// expect: foil: a matrix of ids is read row after row; make it Eigen::RowMajor
Eigen::MatrixXi const by_columns(4, 2);
auto const p = foil::pool::listed(k, by_columns, 2);

// expect: foil: roles::per_pair takes positives(foil::idx row, auto f), which calls f(foil::idx column)
auto const same = [](foil::idx i, foil::idx j) { return i == j ? foil::role::positive : foil::role::negative; };
auto const p = foil::pool::bank(k, foil::roles::per_pair(same, [](foil::idx) { return 0; }));
