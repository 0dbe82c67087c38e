// SPDX-License-Identifier: BSD-3-Clause
// Mined documents are those of scoring all canonically; the bound rules out most of them.
// Tests late/mined_documents.hpp, late/token_centroids.hpp.
#include "foil/late/document_index.hpp"

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/canonical_order.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/engine/threads.hpp"
#include "foil/late/maxsim.hpp"

namespace {

using namespace foil;

template <class S>
struct texts {
  matrix<S> rows;
  std::vector<idx> offsets{0};
  auto lists() const { return late::tokens(rows, offsets); }
};
/// Texts about topics: tokens around a few of `topics` directions, `spread` apart; 0 topics: noise.
template <class S>
texts<S> draw_texts(idx n, idx most, idx dim, idx topics, double spread, std::uint64_t seed) {
  random_stream common(99, purpose::user), draw(seed, purpose::user);
  matrix<double> centre(topics, dim);
  for (idx i = 0; i < centre.size(); ++i) centre.data()[i] = common.normal();
  texts<S> t;
  for (idx i = 0; i < n; ++i) t.offsets.push_back(t.offsets.back() + 1 + draw.below(most));
  t.rows.resize(t.offsets.back(), dim);
  for (idx i = 0; i < n; ++i) {
    idx const about = topics > 0 ? draw.below(topics) : 0;
    for (idx r = t.offsets[std::size_t(i)]; r < t.offsets[std::size_t(i) + 1]; ++r) {
      idx const topic = topics > 0 ? (about + draw.below(4)) % topics : 0;
      for (idx k = 0; k < dim; ++k) t.rows(r, k) = S((topics > 0 ? centre(topic, k) : 0) + spread * draw.normal());
    }
  }
  return t;
}
/// All canonical scores.
template <class S>
matrix<double> score_all(texts<S> const& q, texts<S> const& d, bool unit) {
  late::opened_tokens<S> const x(q.lists(), unit, "test", "queries"), y(d.lists(), unit, "test", "documents");
  matrix<double> s = matrix<double>::Zero(x.size(), y.size());
  for (idx i = 0; i < x.size(); ++i)
    for (idx j = 0; j < y.size(); ++j)
      for (idx a = x.begin(i); a < x.end(i); ++a) {
        double best = std::numeric_limits<double>::lowest();
        for (idx b = y.begin(j); b < y.end(j); ++b) best = (std::max)(best, simd::canonical_dot(x.row(a), y.row(b), x.dim()));
        s(i, j) += best;
      }
  return s;
}
template <class S>
void check_lists(texts<S> const& q, texts<S> const& d, late::index_options const& o, idx k) {
  random_stream draw(5, purpose::user);
  mining::id_lists bans;
  for (idx i = 0; i < idx(q.offsets.size()) - 1; ++i) {
    std::vector<idx> some;
    for (idx n = draw.below(4); n > 0; --n) some.push_back(draw.below(idx(d.offsets.size()) - 1));
    bans.append(some);
  }
  auto const s = score_all(q, d, o.normalize);
  late::document_index const index(d.lists(), o);
  auto const r = index.mine(q.lists(), {.k = k, .exclude = bans.lists()});
  auto const again = index.mine(q.lists(), {.k = k, .exclude = bans.lists(), .executor = threads(3)});
  CHECK(again.ids == r.ids);
  CHECK(again.scores == r.scores);
  for (idx i = 0; i < s.rows(); ++i) {
    std::vector<double> row(s.row(i).begin(), s.row(i).end());
    for (idx ban : bans[i]) row[std::size_t(ban)] = minus_infinity<double>();
    auto const want = mining::canonical_order(row, k);
    std::vector<idx> const got(r.ids.begin() + i * r.per_row, r.ids.begin() + i * r.per_row + r.count(i));
    CHECK(got == want);
    for (idx t = 0; t < r.count(i); ++t) CHECK(r.score(i, t) == row[std::size_t(r.id(i, t))]);
  }
}

}  // namespace

TEST_CASE("document_index: lists equal scoring everything, whatever centroids, k and data", "[late]") {
  for (bool unit : {true, false})
    for (idx topics : {0, 12})
      for (idx centroids : {1, 7, 0})
        for (idx k : {1, 10, 300}) {
          late::index_options const o{.normalize = unit, .centroids = centroids};
          check_lists(draw_texts<float>(6, 9, 16, topics, 0.3, 1), draw_texts<float>(150, 14, 16, topics, 0.3, 2), o, k);
          check_lists(draw_texts<double>(4, 9, 16, topics, 0.3, 3), draw_texts<double>(150, 14, 16, topics, 0.3, 4), o, k);
        }
}

TEST_CASE("document_index: ties, duplicates, zero tokens, tiny and huge ones", "[late]") {
  auto d = draw_texts<float>(60, 5, 8, 3, 0, 1);  // tokens are exactly their topics: many equal scores
  d.rows.row(3).setZero();
  auto const q = draw_texts<float>(5, 4, 8, 3, 0.1, 2);
  for (bool unit : {true, false})
    for (double size : {1.0, 1e-30, 1e13}) {
      texts<float> scaled = d;
      scaled.rows *= float(size);
      check_lists(q, scaled, {.normalize = unit}, 20);
    }
  // Squares and residuals that a double does not hold, of products that it holds.
  for (double size : {1e-170, 1e-118, 1e-158}) {
    texts<double> small = draw_texts<double>(150, 5, 7, 3, 0.1, 3), large = draw_texts<double>(5, 4, 7, 3, 0.1, 4);
    small.rows *= size, large.rows *= 1e-288 / size;
    check_lists(large, small, {.normalize = false}, 5);
  }
  texts<float> zeros{matrix<float>::Zero(3, 8), {0, 1, 3}};
  check_lists(q, zeros, {}, 5);
}

TEST_CASE("document_index: on texts about topics the bound rules out nearly everything", "[late]") {
  auto const q = draw_texts<float>(10, 16, 32, 200, 0.1, 1), d = draw_texts<float>(3000, 30, 32, 200, 0.1, 2);
  late::document_index const index(d.lists());
  auto const r = index.mine(q.lists(), {.k = 10});
  CHECK(r.scored < 10 * 3000 / 10);
  CHECK(r.canonical <= r.scored);
  auto const s = late::scores(q.lists(), d.lists());
  for (idx i = 0; i < 10; ++i) {
    CHECK(r.count(i) == 10);
    CHECK(r.score(i, 0) == Approx(double(s.row(i).maxCoeff())).epsilon(1e-5));
  }
}

TEST_CASE("document_index: empty inputs and refusals", "[late]") {
  auto const d = draw_texts<float>(5, 3, 4, 0, 1, 1), other = draw_texts<float>(2, 3, 5, 0, 1, 2);
  late::document_index const index(d.lists());
  texts<float> none;
  none.rows.resize(0, 4);
  CHECK(index.mine(none.lists()).rows == 0);
  CHECK(late::document_index(none.lists()).mine(d.lists()).per_row == 0);
  std::vector<idx> const hole{0, 0, d.rows.rows()};
  CHECK(index.mine(late::tokens(d.rows, hole)).counts == std::vector<idx>{0, 5});
  CHECK(index.mine(d.lists(), {.k = 0}).ids.empty());
  CHECK(says(refusal([&] { late::document_index(late::tokens(d.rows, hole)); }), {"document_index", "document 0", "no tokens"}));
  CHECK(says(refusal([&] { index.mine(other.lists()); }), {"document_index::mine", "4", "5"}));
  std::vector<idx> const offsets{0, 1}, ids{9};
  CHECK(says(refusal([&] { index.mine(d.lists(), {.exclude = {offsets, ids}}); }), {"exclude", "5 anchors"}));
  CHECK(says(refusal([&] { late::document_index(d.lists(), {.centroids = -1}); }), {"document_index", "centroids", "-1"}));
}
