// The matrix products against the machine's limit, fused products on registers alone; and against other libraries.
#include "foil/simd/product.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"

int main(int, char** argv) {
  using namespace foil;
  bench::table t("product", argv);
  for (idx candidates : t.full ? std::vector<idx>{1024, 4096, 16384} : std::vector<idx>{4096})
    for (idx dim : {64, 128, 384, 768}) {
      idx const anchors = 252;
      auto const a = bench::noise(anchors, dim, 1), b = bench::noise(candidates, dim, 2);
      matrix<float> s = bench::noise(anchors, candidates, 3), da = bench::noise(anchors, dim, 4), db = bench::noise(candidates, dim, 5);
      std::vector<float> work(std::size_t(simd::product_workspace<float>(anchors, (std::max)(candidates, dim), dim)));
      double const flops = 2.0 * double(anchors) * double(candidates) * double(dim);
      std::string const size = " n=" + std::to_string(candidates) + " D=" + std::to_string(dim);
      auto const race = [&](std::string const& what, auto const& peers, float const* left, idx m, float const* right, idx n, idx k, float* to,
                            auto const& ours) {
        t.cell(what + size);
        t.add("FMA peak", [&] { bench::fused_products(flops); });
        t.add("foil", ours);
        for (auto const& p : peers) t.peer(p.name, p.make(left, m, right, n, k, to));
        t.race(t.full ? 21 : 11);
        t.at_least(what == "scores" && dim >= 128 ? "product, share of the FMA peak" : "", "foil", "FMA peak", what == "scores" && dim >= 128 ? 0.85 : 0);
        t.beats_peers("", "foil", 0);
      };
      race("scores", peers::product_abt, a.data(), anchors, b.data(), candidates, dim, s.data(), [&] {
        simd::product_abt(a.data(), dim, anchors, b.data(), dim, candidates, dim, s.data(), candidates, work.data());
      });
      race("anchor gradient", peers::add_product_ab, s.data(), anchors, b.data(), dim, candidates, da.data(), [&] {
        simd::add_product_ab(s.data(), candidates, anchors, b.data(), dim, dim, candidates, da.data(), dim, work.data());
      });
      t.cell("candidate gradient" + size);
      t.add("FMA peak", [&] { bench::fused_products(flops); });
      t.add("foil", [&] {
        simd::add_product_atb(s.data(), candidates, candidates, a.data(), dim, dim, anchors, db.data(), dim, work.data());
      });
      t.race(t.full ? 21 : 11);
      t.at_least("", "foil", "FMA peak", 0);
    }
}
