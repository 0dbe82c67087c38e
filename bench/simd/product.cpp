// SPDX-License-Identifier: BSD-3-Clause
// The three products as the engine calls them, panels of 256 anchors against candidates in chunks of 256, beside the
// machine's limit, fused products on registers alone; and against other libraries.
#include "foil/simd/product.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"

namespace {

using namespace foil;

template <Scalar S>
struct operands {
  static constexpr idx rows = 256, chunk = 256;
  idx n, dim, ld = (n / 16 | 1) * 16;  // scores are kept an odd number of cache lines apart
  matrix<S> a = some(rows, dim, 1), b = some(n, dim, 2), s = some(rows, ld, 3), da = some(rows, dim, 4), db = some(n, dim, 5);
  std::vector<S> work = std::vector<S>(std::size_t(simd::product_workspace<S>(rows, (std::max)(n, dim), (std::max)(dim, rows))));

  static matrix<S> some(idx m, idx k, std::uint64_t seed) { return bench::noise(m, k, seed).template cast<S>(); }
  double flops() const { return 2.0 * double(rows) * double(n) * double(dim); }
  void scores() {
    for (idx j = 0; j < n; j += chunk)
      simd::product_abt(a.data(), dim, rows, b.data() + j * dim, dim, (std::min)(chunk, n - j), dim, s.data() + j, ld, work.data());
  }
  void anchors() {
    for (idx j = 0; j < n; j += chunk)
      simd::add_product_ab(s.data() + j, ld, rows, b.data() + j * dim, dim, dim, (std::min)(chunk, n - j), da.data(), dim, work.data());
  }
  void candidates() { simd::add_product_atb(s.data(), ld, n, a.data(), dim, dim, rows, db.data(), dim, work.data()); }
};

template <Scalar S>
void contests(bench::table& t, idx n, idx dim) {
  operands<S> x{n, dim};
  std::string const size = std::string(sizeof(S) == 8 ? " double" : "") + " n=" + std::to_string(n) + " D=" + std::to_string(dim);
  auto const race = [&](std::string const& what, std::string const& row, auto const& ours, auto const& add_peers) {
    t.cell(what + size);
    t.add("FMA peak", [&] { bench::fused_products<S>(x.flops()); });
    t.add("foil", ours);
    add_peers();
    t.race(t.full ? 21 : 11);
    t.at_least(row + ", share of the FMA peak", "foil", "FMA peak", 0.85);
    t.beats_peers("", "foil", 0);
  };
  auto const with = [&](auto const& peers, S const* left, S const* right, idx inner_or_n, idx k, S* to) {
    return [=, &t, &peers] {
      if constexpr (sizeof(S) == 4)  // peers are measured in float alone
        for (auto const& p : peers) t.peer(p.name, p.make(left, operands<S>::rows, right, inner_or_n, k, to));
      else
        (void)t, (void)peers, (void)left, (void)right, (void)inner_or_n, (void)k, (void)to;
    };
  };
  // Peers want their scores without gaps.
  matrix<S> packed = operands<S>::some(operands<S>::rows, n, 6);
  race(
      "scores", "product", [&] { x.scores(); }, with(peers::product_abt, x.a.data(), x.b.data(), n, dim, packed.data()));
  race(
      "anchor gradient", "gradients", [&] { x.anchors(); }, with(peers::add_product_ab, packed.data(), x.b.data(), dim, n, x.da.data()));
  race(
      "candidate gradient", "gradients", [&] { x.candidates(); }, [] {});
}

}  // namespace

int main(int, char** argv) {
  bench::table t("product", argv);
  for (idx n : t.full ? std::vector<idx>{1024, 4096, 16384} : std::vector<idx>{4096})
    for (idx dim : {64, 96, 128, 256, 384, 512, 768, 1024}) contests<float>(t, n, dim);
  for (idx dim : {64, 384, 1024}) contests<double>(t, 4096, dim);
}
