#include <foil/foil.hpp>
