// SPDX-License-Identifier: BSD-3-Clause
// Embeddings of a student that should be those of its teacher.
#pragma once

#include <algorithm>

#include "foil/engine/objective.hpp"
#include "foil/loss/alignment.hpp"
#include "foil/pool/own.hpp"
#include "foil/similarity/cosine.hpp"
#include "foil/similarity/euclidean.hpp"

namespace foil { inline namespace FOIL_ABI {

enum class embedding_distance {
  mse,    ///< mean over rows and columns of (x - t)^2
  l2,     ///< mean over rows of |x - t|
  cosine  ///< mean over rows of 1 - cosine
};

/// student, teacher [B, dim], row i with row i; the teacher is constant. Several columns of a data set: the mean of their losses.
/// Result: anchors d/dstudent, pools[0] empty. The time goes to the rows, opened for one product each. Reimers and Gurevych
/// 2020, arXiv 2004.09813 (mse).
template <class X, class T>
auto embedding_distillation(X const& student, T const& teacher, embedding_distance distance = embedding_distance::cosine,
                            execution how = {}) {
  require(distance == embedding_distance::mse || distance == embedding_distance::l2 || distance == embedding_distance::cosine,
          "embedding_distillation: distance must be mse, l2 or cosine");
  auto aim = pool::positives(teacher);
  aim.trains = false;
  auto const by = [&](auto loss, auto similarity) {
    return objective(loss, similarity, reduce::mean{}, how).named("embedding_distillation").value_and_grad(student, aim);
  };
  using S = arithmetic<typename X::Scalar>;
  auto const turned = [](outcome<S> r, double factor, double plus) {
    r.value = r.rows_used > 0 ? S(plus + factor * double(r.value)) : S(0), r.anchors *= S(factor);
    for (std::size_t i = 0; i < r.rows.size(); ++i)
      if (r.used[i] != 0) r.rows[i] = S(plus + factor * double(r.rows[i]));
    return r;
  };
  if (distance == embedding_distance::l2) return by(loss::alignment{1}, similarity::neg_l2{});
  if (distance == embedding_distance::mse)
    return turned(by(loss::alignment{2}, similarity::neg_l2{}), 1 / double((std::max)(student.cols(), idx(1))), 0);
  return turned(by(loss::tolerance{}, similarity::cosine{}), -1, 1);
}

}}  // namespace foil
