// expect: foil: a pool views its matrix; keep the matrix in a variable that outlives the pool
#include <foil/foil.hpp>
auto p = foil::pool::bank(foil::matrix<float>(4, 4));
