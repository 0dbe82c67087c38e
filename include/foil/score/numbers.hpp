// Scores, weights and masks that somebody else owns, as the scorers read them: float or double, widened to
// double.
#pragma once

#include <span>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::inline FOIL_ABI::score {

/// A contiguous list of float or double (vector, span, array, Eigen vector); not owning, cheap to copy.
/// Widening is exact, so order and ties are those of the original numbers.
class numbers {
 public:
  numbers() = default;
  template <class R>
  requires requires(R const& r) {
    { r.size() } -> std::convertible_to<idx>;
    requires Scalar<std::remove_cvref_t<decltype(*r.data())>>;
  }
  numbers(R const& r) : size_(idx(r.size())) {
    if constexpr (requires { r.innerStride(); })
      require(r.innerStride() == 1 && (r.rows() == 1 || r.cols() == 1),
              "numbers: a vector must be contiguous");
    if constexpr (sizeof(*r.data()) == sizeof(double))
      doubles_ = r.data();
    else
      floats_ = r.data();
  }
  idx size() const { return size_; }
  bool empty() const { return size_ == 0; }
  double operator[](idx i) const { return doubles_ ? doubles_[i] : double(floats_[i]); }

 private:
  double const* doubles_ = nullptr;
  float const* floats_ = nullptr;
  idx size_ = 0;
};

/// One byte an element, 0 = off. An empty mask means that everything is on.
using mask = std::span<unsigned char const>;
inline bool is_on(mask m, idx i) {
  return m.empty() || m[std::size_t(i)] != 0;
}

/// Refuses a list that is neither empty nor of length n.
inline void require_length(idx got, idx n, char const* where, char const* argument) {
  require(got == 0 || got == n, where, ": ", argument, " must be empty or have one element for each of the ",
          n, ", got ", got);
}
/// The factor on the logits.
inline double inverse_temperature(double temperature, char const* where) {
  check_option(where, "temperature", temperature, range::divisor);
  return 1 / temperature;
}

}  // namespace foil::inline FOIL_ABI::score
