// SPDX-License-Identifier: BSD-3-Clause
// The lists of mining: one hash of ids, ranks and score bits for every compiler, instruction set and flag this file is
// built with.
#include "../catch.hpp"
#include "../hash.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/cosine.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"

using namespace foil;

namespace {

/// Made of integers, so that no flag can change an input: `levels` numbers apart, or all bits of a float when 0.
template <class S>
matrix<S> rows_of(idx n, idx dim, std::uint64_t seed, idx levels) {
  random_stream r(seed, purpose::user);
  matrix<S> m(n, dim);
  for (idx i = 0; i < m.size(); ++i)
    m.data()[i] = levels > 0 ? S(r.below(levels) - levels / 2) : S(std::int32_t(r.bits()) >> 8) * S(0x1p-23);
  return m;
}

template <class S>
void add(bit_hash& h, mined<S> const& m) {
  h.add(m.counts), h.add(m.ids), h.add(m.ranks), h.add(m.scores), h.add(m.positive_scores), h.add(m.nan);
  for (auto const& d : m.dropped) h.add(d.dropped);
}

/// Continuous and tied embeddings, narrow and wide, few and many: what is left of them by two filters.
template <class S, class Storage, class Sim>
std::uint64_t hash(Sim similarity) {
  using stored = Eigen::Matrix<Storage, -1, -1, Eigen::RowMajor>;
  bit_hash h;
  for (idx levels : {0, 5})
    for (idx dim : {3, 45, 130}) {
      idx const rows = 21, columns = dim == 45 ? 7000 : 900;
      stored const q = rows_of<S>(rows, dim, 1, levels).template cast<Storage>(),
                   c = rows_of<S>(columns, dim, 2, levels).template cast<Storage>();
      std::vector<idx> own;
      for (idx i = 0; i < rows; ++i) own.push_back(i * 37 % columns);
      mine_options const o{.negatives = 19, .executor = threads(2)};
      add(h, mine(q, pool::bank(c, roles::target(own)), o, similarity));
      add(h, mine(q, pool::bank(c, roles::target(own), bias::absolute_margin{.margin = 0.25}, bias::max_score{2}), o, similarity));
    }
  return h.value();
}

template <class S>
std::uint64_t hash_of_given() {
  bit_hash h;
  for (idx columns : {50, 3000}) {
    matrix<S> s = rows_of<S>(9, columns, 3, columns == 50 ? 0 : 40);
    simd::key<S> const volatile sign = simd::no_key<S>;  // -ffast-math forgets the sign of a zero that it can see
    S const odd[] = {quiet_nan<S>(), infinity<S>(), minus_infinity<S>(), S(0), std::bit_cast<S>(simd::key<S>(sign))};
    for (idx i = 0; i < s.size(); i += 7) s.data()[i] = odd[i % 5];
    std::vector<idx> const own{1, 2, 3, 4, 5, 6, 8, 9, 10};
    for (idx k : {1, 12, 40}) add(h, mine(pool::given(s, roles::target(own)), {.negatives = k}));
  }
  return h.value();
}

}  // namespace

TEST_CASE("mine: the same lists and score bits in every build", "[mine]") {
  CHECK(hash<float, float>(similarity::dot{}) == 0x289f4b697bfa019au);
  CHECK(hash<float, float>(similarity::cosine{}) == 0x6f46ecf6c3c0d01eu);
  CHECK(hash<float, float>(similarity::neg_sq_l2{}) == 0x574363b49d820f27u);
  CHECK(hash<float, float>(similarity::neg_l2{}) == 0x1e417ced25a848c9u);
  CHECK(hash<double, double>(similarity::dot{}) == 0xfb9b0a25c27318d5u);
  CHECK(hash<double, double>(similarity::cosine{}) == 0xa47dad12328fd8acu);
  CHECK(hash<double, double>(similarity::neg_sq_l2{}) == 0x88e6bd4498852db3u);
  CHECK(hash<double, double>(similarity::neg_l2{}) == 0x6b894eb360165cccu);
  CHECK(hash<float, Eigen::half>(similarity::cosine{}) == 0x61f09a0b97e5ca18u);
  CHECK(hash<float, Eigen::bfloat16>(similarity::dot{}) == 0xc536843795832145u);
  CHECK(hash_of_given<float>() == 0x574f80b4c440612fu);
  CHECK(hash_of_given<double>() == 0x445cc368691bd8c5u);
}
