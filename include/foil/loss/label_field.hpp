// What losses over all pairs of a labelled batch share: its shape, and the walk over ordered pairs.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/view.hpp"

namespace foil::inline FOIL_ABI::loss {

/// u: scores of the batch against itself (pool::self, or given), one label per row.
template <Scalar S>
void require_labelled(view<S> u, id_list labels, char const* where) {
  require(u.cols() == u.rows() && labels.size() == u.rows(), where, ": ", u.rows(),
          " anchors need pool::self and as many labels, got ", u.cols(), " columns and ", labels.size(), " labels");
}

/// f(i, j, same label) for every ordered pair i != j.
template <class F>
void each_pair(id_list labels, F f) {
  for (idx i = 0; i < labels.size(); ++i)
    for (idx j = 0; j < labels.size(); ++j)
      if (i != j) f(i, j, labels[i] == labels[j]);
}

/// A sum of hinges, their number above zero, and the mean over those: 0 if there is none.
struct active_mean {
  double sum = 0, count = 0;
  void add(double x, double times = 1) {
    if (x > 0) sum += times * x, count += times;
  }
  double value() const { return count > 0 ? sum / count : 0; }
  double share() const { return count > 0 ? 1 / count : 0; }
};

}  // namespace foil::inline FOIL_ABI::loss
