// Temporaries that would be gone before they are read.
#include <foil/foil.hpp>
using matrix = foil::matrix<float>;
matrix const q(4, 4), k(4, 4);
std::vector<double> const weights(4);
std::vector<float> const limits(4);
std::vector<int> const offsets{0, 1, 2, 3, 4}, ids{0, 1, 2, 3};
std::vector<unsigned char> const bytes(16);
// Spans, maps and blocks own nothing.
foil::reduce::weighted const spanned{std::span<double const>(weights)};
auto const block = foil::as_view(k.topRows(2));
auto const map = foil::as_view(Eigen::Map<matrix const>(k.data(), 2, 4));
auto const across = foil::columns(k.transpose());
foil::bias::guide const guide(k, foil::as_view(k), limits);
// Functions that are done with a list when they return take it as it comes.
auto const ballot = foil::score::vote(std::vector<int>{0, 1, 1});
std::vector<foil::idx> made();

// expect: foil: a pool views its matrix; keep the matrix in a variable that outlives the pool
auto const p = foil::pool::bank(matrix(4, 4));

// expect: foil: a pool views its matrix; keep the matrix in a variable that outlives the pool
auto const p = foil::pool::bank(Eigen::Matrix<float, 4, 4, Eigen::RowMajor>());

// expect: foil: a pool views its matrix; keep the matrix in a variable that outlives the pool
auto const p = foil::mining::batch(matrix(4, 4), ids);

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
auto const v = foil::as_view(matrix(4, 4));

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
auto const v = foil::columns(Eigen::MatrixXf(4, 4));

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
foil::bias::weights const w(matrix(4, 4));

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
foil::bias::guide const g(matrix(4, 4), k, limits);

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
foil::soft_clusters const c(matrix(4, 4));

// expect: foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view
foil::loss::on_lists const l(foil::loss::margin_mse{}, matrix(4, 4));

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::bias::guide const g(k, k, std::vector<float>(4));

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::reduce::weighted const w(std::vector{1.0, 2.0});

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::reduce::weighted const w(std::array{1.0, 2.0});

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::bias::log_q const b(std::vector<double>(4));

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::bias::mask const b(std::vector<unsigned char>(16), 4);

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::roles::masks const b(bytes, std::vector<unsigned char>(16), 4);

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::bias::disagreement const b(std::vector<foil::id_list>{ids});

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::graph<float> const g(offsets, ids, std::vector<float>(4));

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::clustering<float> const c{ids, foil::as_view(k), std::vector<float>(4)};

// expect: foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to
foil::loss::preference_pairs<float> const c{.chosen = std::vector<float>(4)};

// expect: foil: this list has other elements; weights and log probabilities are double, masks unsigned char
foil::reduce::weighted const w(limits);

// expect: foil: ids and labels are viewed, not copied; keep the list in a variable that outlives what it is given to
auto const r = foil::sup_con(q, std::vector<int>{0, 1, 0, 1});

// expect: foil: ids and labels are viewed, not copied; keep the list in a variable that outlives what it is given to
foil::roles::by_label const r(made());

// expect: foil: ids and labels are viewed, not copied; keep the list in a variable that outlives what it is given to
auto const p = foil::pool::listed(k, Eigen::VectorXi(4), 1);

// expect: foil: ids and labels are whole numbers in one piece of memory: a vector, span or array of any integer type
auto const r = foil::sup_con(q, limits);

// expect: foil: ids and labels are whole numbers in one piece of memory: a vector, span or array of any integer type
std::vector<bool> const flags(4);
foil::roles::by_label const r(flags);

// expect: foil: rows views a pointer to float, double, Eigen::half or Eigen::bfloat16; write foil::rows(x.data(), n, dim)
std::vector<float> const numbers(16);
auto const v = foil::rows(numbers, 4, 4);

// expect: foil: rows views a pointer to float, double, Eigen::half or Eigen::bfloat16; write foil::rows(x.data(), n, dim)
auto const v = foil::rows(ids.data(), 2, 2);

// expect: foil: columns(X) is for a column-major matrix whose columns are embeddings; pass a row-major matrix as it is
auto const v = foil::columns(k);

// expect: foil: a view does not keep a tensor alive; keep the tensor in a variable that outlives the view
#include <foil/bridge/eigen_tensor.hpp>
auto const v = foil::rows(Eigen::Tensor<float, 2, Eigen::RowMajor>(4, 4));
