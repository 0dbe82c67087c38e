// Objectives: what goes where, and what a loss of one's own needs.
// Tests stat/statistic.hpp, engine/loss_formula.hpp, core/row_loss.hpp, core/option.hpp.
#include <foil/foil.hpp>
foil::matrix<float> const q(4, 4), k(4, 4);
Eigen::Matrix<Eigen::half, 4, 4, Eigen::RowMajor> const halves;
foil::objective const f{foil::loss::info_nce{}};
struct statistics {
  double scale() const { return 1; }
  auto stats() const { return std::tuple{foil::stat::log_sum_exp<foil::over::negatives>{}, foil::stat::mean<foil::over::positives>{}}; }
};
struct without_row : statistics {};
struct one_argument : statistics {
  template <foil::Scalar S>
  foil::row_loss<S, 1> row(S x) const {
    return {x, {1}};
  }
};
struct one_partial : statistics {
  template <foil::Scalar S>
  foil::row_loss<S, 1> row(S x, S) const {
    return {x, {1}};
  }
};
struct fine : statistics {
  template <foil::Scalar S>
  foil::row_loss<S, 2> row(S x, S y) const {
    return {x - y, {1, -1}};
  }
};
struct half_a_statistic {
  foil::when_empty empty = foil::when_empty::skip;
  template <foil::Scalar S>
  struct state {};
};
struct of_half : fine {
  auto stats() const { return std::tuple{half_a_statistic{}, foil::stat::mean<foil::over::positives>{}}; }
};
struct of_scores {
  std::vector<foil::idx> choose(foil::real_span scores) const { return {scores.size() - 1}; }
};
struct with_memory {
  std::vector<foil::idx> seen;
  std::vector<foil::idx> choose(foil::real_span, foil::idx, foil::random_stream&) const { return {0}; }
};
auto const r = foil::objective{fine{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: a statistic has empty, state<S>, add, merge, defined, value and slope; see foil/stat/statistic.hpp
foil::objective const g{of_half{}};

// expect: foil: a sampler has std::vector<foil::idx> choose(foil::real_span scores, foil::idx k, foil::random_stream& stream) const
foil::mine_options const o{.sampling = of_scores{}};

// expect: foil: a sampler is a small value of at most 32 bytes; let it hold pointers to what it needs
foil::mine_options const o{.sampling = with_memory{}};

// expect: foil: check_gradient works in double; give it foil::matrix<double> and pools of such
auto const c = foil::check_gradient(f, q, foil::pool::in_batch(k));

// expect: foil: objective takes (loss, similarity, reduction, execution), in that order; write objective{loss, similarity::cosine{}, reduce::sum{}}
foil::objective const g{foil::loss::info_nce{}, foil::reduce::sum{}};

// expect: foil: objective takes (loss, similarity, reduction, execution), in that order; write objective{loss, similarity::cosine{}, reduce::sum{}}
foil::objective const g{foil::loss::info_nce{}, foil::execution{}};

// expect: foil: the third argument of objective is a reduction (foil::reduce); write objective{loss, similarity::cosine{}, reduce::mean{}, how}
foil::objective const g{foil::loss::info_nce{}, foil::similarity::dot{}, foil::execution{}};

// expect: foil: a loss has stats(), a std::tuple of the row statistics it is a formula of
foil::objective const g{foil::similarity::cosine{}};

// expect: foil: a loss has stats(), a std::tuple of the row statistics it is a formula of
struct scale_alone {
  double scale() const { return 1; }
};
foil::objective const g{scale_alone{}};

// expect: foil: a loss has row(numbers...), its formula, with one argument for each number that its statistics give
auto const s = foil::objective{without_row{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: a loss has row(numbers...), its formula, with one argument for each number that its statistics give
auto const s = foil::objective{one_argument{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: row(numbers...) returns foil::row_loss<S, N>: the value, and one derivative for each of the N numbers of the statistics
auto const s = foil::objective{one_partial{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: options(list) lists a name, a member (a double, a whole number or an enum) and its range
struct without_member : fine {
  double width = 1;
  static void options(auto list) { list("width", foil::range::positive); }
};
auto const s = foil::objective{without_member{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: options(list) lists a name, a member (a double, a whole number or an enum) and its range
struct of_float : fine {
  float width = 1;
  static void options(auto list) { list("width", &of_float::width, foil::range::positive); }
};
auto const s = foil::objective{of_float{}}.value_and_grad(q, foil::pool::in_batch(k));

// expect: foil: candidates come in pools; wrap the matrix
auto const s = f.value_and_grad(q, k);

// expect: foil: value_and_grad needs at least one pool of candidates
auto const s = f.value_and_grad(q);

// expect: foil: roles and filters belong into a pool; write pool::in_batch(k, roles, filters...)
auto const s = f.value_and_grad(q, foil::pool::in_batch(k), foil::bias::max_score{0.9});

// expect: foil: anchors and pools must compute in one scalar type
foil::matrix<double> const wide(4, 4);
auto const s = f.value_and_grad(q, foil::pool::in_batch(wide));

// expect: foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass foil::columns(X)
Eigen::MatrixXf const by_columns(4, 4);
auto const s = foil::info_nce(by_columns, k);

// expect: foil: an expression holds no numbers yet; evaluate it first: foil::matrix<float> const x = expression
auto const s = f.value_and_grad(q + k, foil::pool::in_batch(k));

// expect: foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)
std::vector<std::vector<float>> const nested;
auto const s = foil::info_nce(nested, k);

// expect: foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)
std::vector<std::vector<float>> const nested;
auto const s = foil::clip(q, nested);

// expect: foil: the result to write into has another scalar type than the call; declare foil::outcome<float>
void s(foil::outcome<double>& r) { f.value_and_grad_into(r, q, foil::pool::in_batch(k)); }

// expect: foil: candidates come in pools; wrap the matrix: foil::mine(q, pool::bank(documents), options)
auto const s = foil::mine(q, k);

// expect: foil: progress views its callable; keep it in a variable: auto watch = 
foil::mine_options const o{.progress = [](foil::idx, foil::idx, char const*) { return true; }};

// expect: foil: progress is called as tell(foil::idx done, foil::idx rows, char const* phase) and returns a bool: false cancels
auto tell = [](foil::idx, foil::idx) { return true; };
foil::mine_options const o{.progress = tell};

// expect: foil: progress is called as tell(foil::idx done, foil::idx rows, char const* phase) and returns a bool: false cancels
auto tell = [](foil::idx, foil::idx, char const*) {};
foil::mine_options const o{.progress = tell};

// expect: foil: info_nce takes options as info_nce(q, k, {.temperature = 0.05}) and hard negatives as info_nce(q, k, hard, per_row)
auto const s = foil::info_nce(q, k, 0.05);

// expect: foil: info_nce takes options as info_nce(q, k, {.temperature = 0.05}) and hard negatives as info_nce(q, k, hard, per_row)
auto const s = foil::info_nce(q, k, k);

// expect: foil: an executor has workers(), how many parts may run at once, and run(n, part), which calls part(0) .. part(n - 1)
struct silent {
  int workers() const { return 2; }
} team;
foil::execution const how{.executor = foil::executor_of(team)};

// expect: foil: executor_of views an executor; keep it in a variable: my_threads team; foil::executor_of(team)
struct my_threads {
  int workers() const { return 2; }
  template <class F>
  void run(int n, F const& part) const {
    for (int i = 0; i < n; ++i) part(i);
  }
};
foil::execution const how{.executor = foil::executor_of(my_threads{})};

// expect: foil: a pool has every member that foil/pool/contract.hpp lists; derive it from foil::pool::candidates, or add what is missing
struct half_a_pool {
  using storage = float;
  foil::view<float> data;
  foil::roles::diagonal relation;
} const half{foil::as_view(k), {}};
auto const s = f.value_and_grad(q, half);

// expect: foil: pool_gradient::add_to writes to a row-major matrix, map or block of float, double, Eigen::half or Eigen::bfloat16
foil::pool_gradient<float> const g;
int added() { return g.add_to(k), 0; }
// expect: foil: this loss has no temperature to set; its scale is another number, or 1
auto const warm = foil::objective{foil::loss::triplet{}}.with_temperature(0.1);

// expect: foil: this loss has no bias to set
auto const moved = f.with_bias(0.1);

// expect: foil: value_and_grad(pools...) without anchors takes pools of given scores
auto const s = f.value_and_grad(foil::pool::given(q, foil::roles::diagonal{}), k);

// expect: foil: value_and_grad_lists takes scores as float or as double
auto const in_half = foil::loss::value_and_grad_lists(foil::loss::margin_mse{}, halves, halves);

// expect: foil: a bare number could be a temperature or a log scale; write clip(q, k, {.log_scale = t})
void bare() { foil::clip(q, k, 0.07); }

// expect: foil: evaluate takes metrics after the options: evaluate(ranked, judged, {}, metrics::recall{10})
std::vector<foil::idx> const ids{0, 1}, offsets{0, 1};
auto const e = foil::metrics::evaluate({ids, 2}, {{offsets, ids}}, {});

// expect: foil: f_divergence replaces the log-ratio; a loss that has a score of its own, another f_divergence, would not be asked for it
foil::loss::f_divergence<foil::loss::f_divergence<>> const nested{};
