// SPDX-License-Identifier: BSD-3-Clause
// Products in bfloat16: rounding is to nearest, every kernel gives the sum of the rounded numbers' products to within that of floats, and
// the same bits wherever an element sits and however the work is cut.
// Tests simd/tile_registers.hpp, simd/bf16_kernel.hpp, simd/bf16_pack.hpp, simd/bf16_widening.hpp, simd/bf16_avx512.hpp, simd/bf16_neon.hpp, simd/bf16_amx.hpp.
#include "foil/simd/bf16_product.hpp"

#include "product_checks.hpp"

namespace {

using simd::detail::bf16_form;
constexpr bf16_form forms[] = {bf16_form::scores, bf16_form::anchors, bf16_form::candidates};

std::uint32_t pair_at(std::vector<float> const& pairs, idx p) { return std::bit_cast<std::uint32_t>(pairs[std::size_t(p)]); }

/// f.operator()<Kernel>(name) for the kernels that this machine runs.
template <class F>
void each_kernel(F const& f) {
  architectures::each([&]<class A>() { f.template operator()<simd::bf16_widening<A>>(A::name()); });
#if defined(__AVX512BF16__)
  f.template operator()<simd::bf16_avx512>("vdpbf16ps");
#endif
#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
  f.template operator()<simd::bf16_neon>("bfdot");
#endif
#if FOIL_TILES_BF16
  if (simd::bf16_amx::usable()) f.template operator()<simd::bf16_amx>("tdpbf16ps");
#endif
}

/// Rows of pairs, a few of them apart, from rows of floats.
std::vector<float> paired(std::vector<float> const& x, idx ldx, idx rows, idx n, idx step) {
  std::vector<float> out(std::size_t(rows * step + 1), 7.0f);
  for (idx i = 0; i < rows; ++i) simd::bf16_round(x.data() + i * ldx, n, out.data() + i * step);
  return out;
}

struct problem {
  bf16_form what;
  idx m, n, k, gap;
  bool scores = what == bf16_form::scores, turned = what == bf16_form::candidates;
  idx lda = (turned ? m : k) + gap, ldb = (scores ? k : n) + gap, ldc = n + gap;
  std::vector<float> a = noise<float>((turned ? k : m) * lda + 1, 1), b = noise<float>((scores ? n : k) * ldb + 1, 2);
  std::vector<float> const c = noise<float>(m * ldc + 1, 3);
  idx a_step = scores ? simd::bf16_pairs(k) + gap : lda, b_step = simd::bf16_pairs(scores ? k : n) + gap;
  std::vector<float> given = scores ? paired(a, lda, m, k, a_step) : a;
  std::vector<float> pairs = paired(b, ldb, scores ? n : k, scores ? k : n, b_step);

  /// The part [i0, i1) x [j0, j1), j0 even but for scores, and k from p0 to p1, onto `out`.
  template <class Kernel>
  void run(std::vector<float>& out, idx i0, idx i1, idx j0, idx j1, idx p0, idx p1) const {
    std::vector<float> work(std::size_t(simd::detail::bf16_blocks<Kernel>::workspace + 1));
    float const* const from = given.data() + (scores ? i0 * a_step + p0 / 2 : turned ? p0 * a_step + i0 : i0 * a_step + p0);
    float const* const with = pairs.data() + (scores ? j0 * b_step + p0 / 2 : p0 * b_step + j0 / 2);
    simd::detail::bf16_multiply<Kernel>(what, from, a_step, i1 - i0, with, b_step, j1 - j0, p1 - p0, out.data() + i0 * ldc + j0, ldc,
                                        work.data() + 1);
  }
  template <class Kernel>
  std::vector<float> whole() const {
    std::vector<float> out = c;
    run<Kernel>(out, 0, m, 0, n, 0, k);
    return out;
  }
  /// Against the products of the rounded numbers.
  double error(std::vector<float> const& out) const {
    return product_error(
        out, c, !scores, m, n, k, ldc, [&](idx i, idx p) { return simd::bf16_rounded(a[std::size_t(turned ? p * lda + i : i * lda + p)]); },
        [&](idx p, idx j) { return simd::bf16_rounded(b[std::size_t(scores ? j * ldb + p : p * ldb + j)]); });
  }
};

}  // namespace

TEST_CASE("bfloat16 is rounded to nearest, ties to even, and never to an infinity") {
  auto const next = [](std::uint32_t u) { return std::bit_cast<float>(u); };
  CHECK(simd::bf16_bits(1.0f) == 0x3f80);
  CHECK(simd::bf16_bits(next(0x3f808000)) == 0x3f80);  // a tie, to even
  CHECK(simd::bf16_bits(next(0x3f818000)) == 0x3f82);
  CHECK(simd::bf16_bits(next(0x3f808001)) == 0x3f81);
  CHECK(simd::bf16_bits(next(0xbf808001)) == 0xbf81);
  CHECK(simd::bf16_bits((std::numeric_limits<float>::max)()) == 0x7f7f);
  CHECK(simd::bf16_bits(std::numeric_limits<float>::lowest()) == 0xff7f);
  CHECK(simd::bf16_bits(next(0x00800000)) == 0x0080);  // the smallest normal number
  if (exact_numbers) CHECK(simd::bf16_bits(next(0x007fffff)) == 0);
  foil::random_stream r(3, foil::purpose::user);
  idx wrong = 0;
  for (int round = 0; round < 100000; ++round) {
    float const x = float(std::ldexp(2 * r.uniform() - 1, int(r.below(220)) - 100));
    wrong += simd::bf16_bits(x) != Eigen::numext::bit_cast<std::uint16_t>(Eigen::bfloat16(x));
  }
  CHECK(wrong == 0);
}

TEST_CASE("rows are rounded alike at every length") {
  idx wrong = 0;
  for (idx n = 0; n <= 100; ++n) {
    auto x = noise<float>(n + 1, 4), y = noise<float>(n + 1, 5);
    if (n > 3) x[std::size_t(n / 2)] = (std::numeric_limits<float>::max)(), y[std::size_t(n / 3)] = -3.4e38f;
    std::vector<float> row(std::size_t(n + 2), 7.0f), both = row, alone = row;
    simd::bf16_round(x.data(), n, row.data());
    simd::bf16_round_rows(x.data(), y.data(), n, both.data()), simd::bf16_round_rows(x.data(), nullptr, n, alone.data());
    auto const bits = [&](auto const& v, idx j) { return j < n ? simd::bf16_bits(v[std::size_t(j)]) : 0; };
    for (idx p = 0; p < simd::bf16_pairs(n); ++p) wrong += pair_at(row, p) != (bits(x, 2 * p) | bits(x, 2 * p + 1) << 16);
    for (idx j = 0; j < n; ++j) wrong += pair_at(both, j) != (bits(x, j) | bits(y, j) << 16), wrong += pair_at(alone, j) != bits(x, j);
    wrong += row[std::size_t(simd::bf16_pairs(n))] != 7.0f || both[std::size_t(n)] != 7.0f || alone[std::size_t(n)] != 7.0f;
  }
  CHECK(wrong == 0);
}

TEST_CASE("every kernel gives the sum of the rounded products at every length") {
  each_kernel([]<class Kernel>(char const* name) {
    for (bf16_form what : forms)
      for (idx k = 0; k <= 130; ++k) {
        if (k == 0 && what == bf16_form::scores) continue;  // bf16_product_abt writes the zeros
        problem const q{what, 1 + k * 7 % (Kernel::rows + 3), 1 + k * 5 % (Kernel::columns + 5), k, k % 3};
        double const e = q.error(q.whole<Kernel>());
        if (!(e < 2e-6)) FAIL_CHECK(name << ' ' << int(what) << ' ' << q.m << ' ' << q.n << ' ' << k << ' ' << e);
      }
    for (bf16_form what : forms)
      for (idx k : {1, 2, 31, 33}) {
        for (idx m = 0; m <= Kernel::rows + 1; ++m) {
          problem const q{what, m, 3, k, m % 4};
          if (!(q.error(q.whole<Kernel>()) < 2e-6)) FAIL_CHECK(name << ' ' << int(what) << " m " << m << " k " << k);
        }
        for (idx n = 0; n <= 2 * Kernel::columns + 1; ++n) {
          problem const q{what, 3, n, k, n % 4};
          if (!(q.error(q.whole<Kernel>()) < 2e-6)) FAIL_CHECK(name << ' ' << int(what) << " n " << n << " k " << k);
        }
      }
  });
  SUCCEED();
}

TEST_CASE("the bits of a bfloat16 product do not depend on how it is cut") {
  each_kernel([]<class Kernel>(char const* name) {
    INFO(name);
    foil::random_stream r(7, foil::purpose::user);
    for (int round = 0; round < (sanitized ? 12 : 45); ++round) {
      problem const q{forms[round % 3], 1 + r.below(150), 1 + r.below(round % 5 == 0 ? 1400 : 90), 1 + r.below(round % 4 == 0 ? 2200 : 300),
                      r.below(9)};
      std::vector<float> const whole = q.whole<Kernel>();
      CHECK(q.error(whole) < 8e-6);
      std::vector<float> cut = q.c;
      idx const i = r.below(q.m + 1), j = q.scores ? r.below(q.n + 1) : r.below(q.n / 2 + 1) * 2;
      idx const p = q.scores ? 0 : simd::product_quantum * r.below(q.k / simd::product_quantum + 1);  // scores write c
      in_parts(q.m, q.n, q.k, i, j, p, [&](auto... ends) { q.run<Kernel>(cut, ends...); });
      CHECK(same_bits(whole, cut));
    }
  });
}

TEST_CASE("widening gives the same bits in registers of any width, and those of vdpbf16ps") {
  for (bf16_form what : forms)
    for (idx k : {1, 2, 5, 64, 77, 300}) {
      problem const q{what, 19, 45, k, 1};
      std::vector<float> const want = q.whole<simd::bf16_widening<>>();
      architectures::each([&]<class A>() { CHECK(same_bits(q.whole<simd::bf16_widening<A>>(), want)); });
#if defined(__AVX512BF16__)
      CHECK(same_bits(q.whole<simd::bf16_avx512>(), want));
#endif
    }
}

TEST_CASE("the public products are those of the best kernel") {
  for (bf16_form what : forms) {
    problem const q{what, 40, 70, 129, 2};
    std::vector<float> got = q.c, work(static_cast<std::size_t>(simd::bf16_workspace()));
    auto const call = what == bf16_form::scores    ? simd::bf16_product_abt
                      : what == bf16_form::anchors ? simd::bf16_add_product_ab
                                                   : simd::bf16_add_product_atb;
    call(q.given.data(), q.a_step, q.m, q.pairs.data(), q.b_step, q.n, q.k, got.data(), q.ldc, work.data());
    CHECK(q.error(got) < 2e-6);
  }
  std::vector<float> c{1, 2, 3, 4}, work(static_cast<std::size_t>(simd::bf16_workspace()));
  simd::bf16_product_abt(nullptr, 0, 2, nullptr, 0, 1, 0, c.data(), 2, work.data());
  CHECK(c == std::vector<float>{0, 2, 0, 4});
}

TEST_CASE("bf16: infinities and NaN stay what they are, numbers stay numbers", "[simd]") {
  float const inf = foil::infinity<float>(), most = (std::numeric_limits<float>::max)();
  for (idx n : {idx(1), idx(5), idx(64), idx(77)})
    for (idx at = 0; at < n; at += 13) {
      std::vector<float> x(std::size_t(n), 1.0f), out(std::size_t(simd::bf16_pairs(n)));
      auto const bits = [&](float v) {
        x[std::size_t(at)] = v;
        simd::bf16_round(x.data(), n, out.data());
        return simd::detail::bf16_at(out.data(), at);
      };
      CHECK(bits(inf) == 0x7f80);
      CHECK(bits(-inf) == 0xff80);
      CHECK((bits(foil::quiet_nan<float>()) & 0x7fff) > 0x7f80);
      CHECK((bits(std::bit_cast<float>(0x7f800001u)) & 0x7fff) > 0x7f80);
      CHECK(bits(most) == 0x7f7f);
      CHECK(bits(-most) == 0xff7f);
    }
}
