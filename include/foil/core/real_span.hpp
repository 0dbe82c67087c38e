// SPDX-License-Identifier: BSD-3-Clause
// Scores or weights that somebody else owns: float or double, read as double.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A contiguous list of float or double (vector, span, array, Eigen vector); not owning, cheap to copy.
/// Widening is exact, so order and ties are those of the original numbers.
class real_span {
 public:
  real_span() = default;
  template <class R>
  requires requires(R const& r) {
    { r.size() } -> std::convertible_to<idx>;
    requires Scalar<std::remove_cvref_t<decltype(*r.data())>>;
  }
  real_span(R const& r) : size_(idx(r.size())) {
    if constexpr (requires { r.innerStride(); })
      require(r.innerStride() == 1 && (r.rows() == 1 || r.cols() == 1), "real_span: a vector must be contiguous");
    if constexpr (sizeof(*r.data()) == sizeof(double))
      doubles_ = r.data();
    else
      floats_ = r.data();
  }
  idx size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool in_float() const { return floats_ != nullptr; }  ///< the numbers carry the rounding of float
  double operator[](idx i) const { return doubles_ ? doubles_[i] : double(floats_[i]); }
  /// f(data), of the numbers as they are stored: for loops that should run in vectors.
  template <class F>
  decltype(auto) visit(F const& f) const {
    return doubles_ ? f(doubles_) : f(floats_);
  }

 private:
  double const* doubles_ = nullptr;
  float const* floats_ = nullptr;
  idx size_ = 0;
};

}}  // namespace foil
