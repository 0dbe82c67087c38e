// SPDX-License-Identifier: BSD-3-Clause
// The matrix products: right everywhere, and the same bits wherever an element sits and however the work is
// cut.
// Tests simd/pack.hpp.
#include "foil/simd/product.hpp"

#include "product_checks.hpp"

namespace {

enum class kind { abt, ab, atb };

/// A product of random matrices with rows `gap` longer than needed; c starts as noise too.
template <class S, class Arch>
struct problem {
  kind what;
  idx m, n, k, gap;
  idx lda = (what == kind::atb ? m : k) + gap, ldb = (what == kind::abt ? k : n) + gap, ldc = n + gap;
  std::vector<S> a = noise<S>((what == kind::atb ? k : m) * lda + 1, 1);
  std::vector<S> b = noise<S>((what == kind::abt ? n : k) * ldb + 1, 2);
  std::vector<S> const c = noise<S>(m * ldc + 1, 3);

  /// The part [i0, i1) x [j0, j1), k from p0 to p1, onto `out`.
  void run(std::vector<S>& out, idx i0, idx i1, idx j0, idx j1, idx p0, idx p1) const {
    idx const mm = i1 - i0, nn = j1 - j0, kk = p1 - p0;
    std::vector<S> work(std::size_t(simd::product_workspace<S, Arch>(mm, nn, kk)) + 1);
    S* const w = work.data() + 1;
    S* const to = out.data() + i0 * ldc + j0;
    if (what == kind::abt)
      simd::product_abt<S, Arch>(a.data() + i0 * lda + p0, lda, mm, b.data() + j0 * ldb + p0, ldb, nn, kk, to, ldc, w);
    else if (what == kind::ab)
      simd::add_product_ab<S, Arch>(a.data() + i0 * lda + p0, lda, mm, b.data() + p0 * ldb + j0, ldb, nn, kk, to, ldc, w);
    else
      simd::add_product_atb<S, Arch>(a.data() + p0 * lda + i0, lda, mm, b.data() + p0 * ldb + j0, ldb, nn, kk, to, ldc, w);
  }
  std::vector<S> whole() const {
    std::vector<S> out = c;
    run(out, 0, m, 0, n, 0, k);
    return out;
  }
  double error(std::vector<S> const& out) const {
    return product_error(
        out, c, what != kind::abt, m, n, k, ldc,
        [&](idx i, idx p) { return a[std::size_t(what == kind::atb ? p * lda + i : i * lda + p)]; },
        [&](idx p, idx j) { return b[std::size_t(what == kind::abt ? j * ldb + p : p * ldb + j)]; });
  }
};

constexpr kind kinds[] = {kind::abt, kind::ab, kind::atb};

template <class S, class Arch>
void right_for_small_shapes() {
  double const bound = sizeof(S) == 4 ? 3e-7 : 6e-16;
  using shape = simd::detail::tile<S, Arch>;
  for (kind what : kinds)
    for (idx m = 0; m <= shape::rows + 1; ++m)
      for (idx n = 0; n <= shape::columns + 1; ++n)
        for (idx k : {0, 1, 2, 3, 4, 5, 7, 8, 9, 17}) {
          problem<S, Arch> const q{what, m, n, k, (m + n + k) % 4};
          if (q.error(q.whole()) > bound) FAIL_CHECK(int(what) << ' ' << m << ' ' << n << ' ' << k << ' ' << q.error(q.whole()));
        }
  SUCCEED();
}

template <class S, class Arch>
void same_bits_however_cut() {
  double const bound = sizeof(S) == 4 ? 4e-6 : 8e-15;
  foil::random_stream r(7, foil::purpose::user);
  for (int round = 0; round < (sanitized ? 15 : 60); ++round) {
    problem<S, Arch> const q{kinds[round % 3], 1 + r.below(120), 1 + r.below(round % 5 == 0 ? 600 : 90),
                             1 + r.below(round % 4 == 0 ? 2200 : 300), r.below(9)};
    std::vector<S> const whole = q.whole();
    CHECK(q.error(whole) < bound);
    std::vector<S> cut = q.c;
    idx const i = r.below(q.m + 1), j = r.below(q.n + 1);
    // abt writes c, so only the adding products may be cut along k.
    idx const p = q.what == kind::abt ? 0 : simd::product_quantum * r.below(q.k / simd::product_quantum + 1);
    in_parts(q.m, q.n, q.k, i, j, p, [&](auto... ends) { q.run(cut, ends...); });
    CHECK(same_bits(cut, whole));
  }
}

/// The scores are one chain of fused products: the bits of the scalar loop.
template <class S, class Arch>
void scores_are_one_chain() {
  problem<S, Arch> const q{kind::abt, 13, 37, 1777, 3};
  std::vector<S> chain = q.c;
  for (idx i = 0; i < q.m; ++i)
    for (idx j = 0; j < q.n; ++j) {
      S sum = 0;
      for (idx p = 0; p < q.k; ++p) sum = std::fma(q.a[std::size_t(i * q.lda + p)], q.b[std::size_t(j * q.ldb + p)], sum);
      chain[std::size_t(i * q.ldc + j)] = sum;
    }
  CHECK(same_bits(q.whole(), chain));
}

/// A row with what is no finite number keeps it to itself, wherever it stands and however the tile is filled up.
template <class S, class Arch>
void odd_rows_stay_alone() {
  using shape = simd::detail::tile<S, Arch>;
  for (kind what : kinds)
    for (idx m : {idx(1), shape::rows, shape::rows + 1})
      for (idx n : {idx(1), shape::columns + 1})
        for (idx i = 0; i < m; ++i)
          for (S const odd : {foil::quiet_nan<S>(), foil::infinity<S>(), foil::minus_infinity<S>()}) {
            problem<S, Arch> q{what, m, n, 3, 2};
            std::vector<S> const plain = q.whole();
            q.a[std::size_t(what == kind::atb ? 1 * q.lda + i : i * q.lda + 1)] = odd;
            std::vector<S> const got = q.whole();
            for (idx r = 0; r < m; ++r)
              for (idx j = 0; j < q.ldc; ++j) {
                auto const at = std::size_t(r * q.ldc + j);
                if (r == i && j < n ? foil::finite_bits(got[at]) : std::memcmp(&got[at], &plain[at], sizeof(S)) != 0)
                  FAIL_CHECK(int(what) << ' ' << m << ' ' << n << ' ' << i);
              }
          }
  SUCCEED();
}

template <class Arch>
void everything() {
  odd_rows_stay_alone<float, Arch>(), odd_rows_stay_alone<double, Arch>();
  right_for_small_shapes<float, Arch>(), right_for_small_shapes<double, Arch>();
  same_bits_however_cut<float, Arch>(), same_bits_however_cut<double, Arch>();
#if defined(__FMA__) || defined(__aarch64__)
  scores_are_one_chain<float, Arch>(), scores_are_one_chain<double, Arch>();
#endif
}

}  // namespace

TEST_CASE("product: right for every small shape, the same bits however it is cut", "[simd]") {
  architectures::each([]<class A>() { everything<A>(); });
}
