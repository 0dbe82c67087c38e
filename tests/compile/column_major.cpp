// expect: foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass
#include <foil/foil.hpp>
int main() {
  Eigen::MatrixXf const q(4, 4);  // column-major
  foil::matrix<float> const k(4, 4);
  foil::info_nce(q, k);
}
