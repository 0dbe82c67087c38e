// SPDX-License-Identifier: BSD-3-Clause
// The encoder: one hidden layer, trained by Adam (Kingma and Ba 2015) on the gradient that foil gives for its output.
#pragma once

#include <cmath>

#include "data.hpp"

namespace digits {

/// Weights and what Adam remembers of their gradients.
struct layer {
  matrix w, first, second;  ///< [inputs + 1, outputs]; the last row is the bias

  layer(idx inputs, idx outputs, std::uint64_t seed, std::uint64_t number)
      : w(inputs + 1, outputs), first(matrix::Zero(inputs + 1, outputs)), second(first) {
    foil::random_stream draw(seed, foil::purpose::user, 0, number);
    for (idx k = 0; k < w.size(); ++k) w.data()[k] = float(draw.normal() * std::sqrt(2.0 / double(inputs)));
    w.bottomRows(1).setZero();
  }
  matrix forward(matrix const& x) const { return (x * w.topRows(x.cols())).rowwise() + w.row(x.cols()); }
  /// One step against the gradient of the outputs; gives that of the inputs.
  matrix backward(matrix const& x, matrix const& slope, int step, float rate) {
    matrix const back = slope * w.topRows(x.cols()).transpose();
    matrix g(w.rows(), w.cols());
    g.topRows(x.cols()).noalias() = x.transpose() * slope;
    g.bottomRows(1) = slope.colwise().sum();
    first = 0.9f * first + 0.1f * g;
    second.array() = 0.999f * second.array() + 0.001f * g.array().square();
    auto const mean = first.array() / (1 - std::pow(0.9f, float(step)));
    auto const size = (second.array() / (1 - std::pow(0.999f, float(step)))).sqrt();
    w.array() -= rate * mean / (size + 1e-8f);
    return back;
  }
};

class network {
 public:
  network(idx hidden, idx dim, std::uint64_t seed) : into_(64, hidden, seed, 1), out_(hidden, dim, seed, 2) {}

  matrix forward(matrix const& x) const { return out_.forward(into_.forward(x).cwiseMax(0.f)); }

  /// loss(embeddings) -> d value / d embeddings.
  template <class Loss>
  void step(matrix const& x, float rate, Loss const& loss) {
    matrix const hidden = into_.forward(x).cwiseMax(0.f);
    matrix const slope = loss(out_.forward(hidden));
    ++steps_;
    matrix back = out_.backward(hidden, slope, steps_, rate);
    back.array() *= (hidden.array() > 0.f).cast<float>();
    into_.backward(x, back, steps_, rate);
  }

 private:
  layer into_, out_;
  int steps_ = 0;
};

}  // namespace digits
