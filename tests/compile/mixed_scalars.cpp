// expect: foil: anchors and pools must compute in one scalar type
#include <foil/foil.hpp>
int main() {
  foil::matrix<float> const q(4, 4);
  foil::matrix<double> const k(4, 4);
  foil::objective{foil::loss::info_nce{}}.value_and_grad(q, foil::pool::in_batch(k));
}
