// expect: foil: candidates come in pools; wrap the matrix
#include <foil/foil.hpp>
int main() {
  foil::matrix<float> const q(4, 4), k(4, 4);
  foil::objective{foil::loss::info_nce{}}.value_and_grad(q, k);
}
