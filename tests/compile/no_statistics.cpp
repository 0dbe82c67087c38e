// expect: foil: a loss has stats(), a std::tuple of the row statistics it is a formula of
#include <foil/foil.hpp>
struct not_a_loss {
  double scale() const { return 1; }
};
foil::objective<not_a_loss> f{not_a_loss{}};
