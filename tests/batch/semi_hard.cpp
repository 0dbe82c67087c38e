// SPDX-License-Identifier: BSD-3-Clause
// One semi-hard negative a positive pair, against the definition.
#include "foil/batch/semi_hard.hpp"

#include "../catch.hpp"
#include "foil/batch/on_triplets.hpp"
#include "foil/loss/triplet.hpp"

using namespace foil;

namespace {

/// Nearest strictly farther negative, else the farthest; lower index of equals. `near`: higher is closer.
template <class F>
mining::index_triplets defined(idx n, std::vector<int> const& labels, F const& near) {
  mining::index_triplets out;
  auto const label = [&](idx i) { return labels[std::size_t(i)]; };
  for (idx a = 0; a < n; ++a)
    for (idx p = 0; p < n; ++p) {
      if (a == p || label(a) != label(p)) continue;
      idx best = -1, easiest = -1;
      for (idx k = 0; k < n; ++k) {
        if (label(k) == label(a)) continue;
        if (easiest < 0 || near(a, k) < near(a, easiest)) easiest = k;
        if (near(a, k) < near(a, p) && (best < 0 || near(a, k) > near(a, best))) best = k;
      }
      if (easiest >= 0) out.add(a, p, best >= 0 ? best : easiest);
    }
  return out;
}

template <class S>
void against_definition() {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::srand(seed);
    idx const n = 5 + seed * 7;
    matrix<S> z = matrix<S>::Random(n, 3);
    if (seed % 2) z = (z * S(2)).array().round().matrix();  // many ties
    matrix<S> scores(n, n);
    for (idx i = 0; i < n; ++i)
      for (idx j = 0; j < n; ++j) scores(i, j) = z.row(i).dot(z.row(j));
    std::vector<int> labels;
    for (idx i = 0; i < n; ++i) labels.push_back(std::rand() % int(2 + seed / 3));
    auto const got = mining::semi_hard(mining::given(scores, mining::measure::similarity, labels));
    auto const want = defined(n, labels, [&](idx i, idx j) { return scores(i, j); });
    CHECK(got.anchors == want.anchors);
    CHECK(got.positives == want.positives);
    CHECK(got.negatives == want.negatives);
  }
}

}  // namespace

TEST_CASE("semi_hard: the nearest negative beyond each positive, or the farthest", "[mine]") {
  against_definition<float>();
  against_definition<double>();
}

TEST_CASE("semi_hard: one class or singletons give no triplet, and no loss", "[mine]") {
  matrix<float> const z = matrix<float>::Random(5, 3);
  std::vector<int> const same{1, 1, 1, 1, 1}, alone{0, 1, 2, 3, 4};
  for (auto const& labels : {same, alone}) {
    auto const t = mining::semi_hard(mining::batch(z, labels, similarity::neg_l2{}));
    CHECK(t.size() == 0);
    objective const f{loss::triplet{.margin = 5, .nonzero = false}, similarity::neg_l2{}};
    CHECK(mining::on_triplets(f, z, t).value == 0);
  }
}
