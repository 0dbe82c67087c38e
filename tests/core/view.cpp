// SPDX-License-Identifier: BSD-3-Clause
// Views: what may be passed as embeddings, and that nothing is copied.
// Tests core/scalar.hpp.
#include "foil/core/view.hpp"

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/representable.hpp"

using namespace foil;

namespace {
using stored = Eigen::Matrix<float, 5, 8, Eigen::RowMajor>;
}  // namespace

static_assert(Embeddings<matrix<float>> && Embeddings<stored> && Embeddings<matrix<double>>);
static_assert(Embeddings<Eigen::Map<matrix<float>>> && Embeddings<Eigen::Map<matrix<float> const>>);
static_assert(Embeddings<Eigen::Ref<matrix<float> const>> && Embeddings<Eigen::Block<matrix<float>>>);
static_assert(Embeddings<Eigen::Matrix<Eigen::half, -1, -1, Eigen::RowMajor>>);
static_assert(Embeddings<Eigen::Matrix<Eigen::bfloat16, -1, -1, Eigen::RowMajor>>);
static_assert(!Embeddings<Eigen::MatrixXf>, "column-major is asked for by columns(X)");
static_assert(!Embeddings<Eigen::Matrix<int, -1, -1, Eigen::RowMajor>>);

TEST_CASE("view: every stored row-major Eigen object is seen where it lies", "[core]") {
  matrix<float> m(5, 8);
  for (idx k = 0; k < m.size(); ++k) m.data()[k] = float(k);
  auto const block = m.block(1, 2, 3, 4);
  auto const v = as_view(block);
  CHECK(v.data() == m.data() + 10);
  CHECK((v.rows() == 3 && v.cols() == 4 && v.stride() == 8));
  CHECK(v(2, 3) == m(3, 5));
  CHECK(v.middle(1, 2)(0, 0) == m(2, 2));
  Eigen::Map<matrix<float> const> const map(m.data(), 4, 10);
  CHECK(as_view(map).row(3) == m.data() + 30);
  Eigen::Ref<matrix<float> const> const ref = m.middleRows(2, 2);
  CHECK(as_view(ref).data() == m.data() + 16);
}
TEST_CASE("columns: the columns of a column-major matrix are embeddings, without a copy", "[core]") {
  Eigen::MatrixXf const m = Eigen::MatrixXf::Random(6, 9);
  auto const v = columns(m);
  CHECK(v.data() == m.data());
  CHECK((v.rows() == 9 && v.cols() == 6));
  CHECK(v(7, 2) == m(2, 7));
}
TEST_CASE("rows: memory with a stride; what cannot be is refused with its numbers", "[core]") {
  std::vector<double> memory(40);
  auto const v = rows(memory.data(), 5, 3, 8);
  CHECK(&v.row(4)[2] == memory.data() + 34);
  CHECK(rows(memory.data(), 5, 8).stride() == 8);
  CHECK(refusal([&] { rows(memory.data(), 5, 8, 7); }).find("stride 7 and dim 8") != std::string::npos);
  CHECK(refusal([&] { rows(memory.data(), -1, 8); }).find("-1 and 8") != std::string::npos);
  CHECK(refusal([&] { rows(static_cast<double*>(nullptr), 2, 8); }).find("null for 2 rows") != std::string::npos);
  CHECK(rows(static_cast<double*>(nullptr), 0, 8).rows() == 0);
}
TEST_CASE("view: a row whose elements are apart is refused", "[core]") {
  matrix<float> m = matrix<float>::Random(4, 8);
  Eigen::Map<matrix<float>, 0, Eigen::Stride<-1, -1>> const every_second(m.data(), 4, 4, {8, 2});
  CHECK(refusal([&] { as_view(every_second); }).find("inner stride is 2") != std::string::npos);
}
TEST_CASE("bits: NaN and the infinities are told by their bits in every storage type", "[core]") {
  for (float x : {0.f, -0.f, 1e-45f, 3e38f, -1.f}) CHECK((finite_bits(x) && !nan_bits(x) && !ineligible_bits(x)));
  CHECK((nan_bits(quiet_nan<float>()) && nan_bits(quiet_nan<double>()) && !nan_bits(infinity<float>())));
  CHECK((ineligible_bits(minus_infinity<double>()) && ineligible_bits(quiet_nan<float>()) && !ineligible_bits(infinity<float>())));
  CHECK((!finite_bits(infinity<double>()) && !finite_bits(minus_infinity<float>())));
  using limits = std::numeric_limits<Eigen::half>;
  CHECK((finite_bits(Eigen::half(1)) && !finite_bits(limits::infinity()) && !finite_bits(limits::quiet_NaN())));
  CHECK((finite_bits(Eigen::bfloat16(-1)) && !finite_bits(std::numeric_limits<Eigen::bfloat16>::infinity())));
}
TEST_CASE("first_bad: finds the first NaN or infinity at every place", "[core]") {
  for (idx n = 0; n < 40; ++n) {
    std::vector<float> x(std::size_t(n), 1.f);
    CHECK(first_bad(x.data(), n) == -1);
    for (idx at = 0; at < n; ++at) {
      x[std::size_t(at)] = at % 2 ? quiet_nan<float>() : infinity<float>();
      CHECK(first_bad(x.data(), n) == at);
      x[std::size_t(at)] = 1.f;
    }
  }
}
TEST_CASE("errors: numbers read back, and no locale touches them", "[core]") {
  CHECK(refusal([] { require(false, "f: got ", 0.05, ", ", 1e-30, ", ", idx(-3), ", ", true); }) == "foil: f: got 0.05, 1e-30, -3, true");
  CHECK_NOTHROW(require(true, "not built"));
}
TEST_CASE("rows: sizes whose product no memory holds are refused, null or not", "[core]") {
  float one = 0;
  idx const large = idx(1) << 32, most = (std::numeric_limits<idx>::max)();
  CHECK(says(refusal([&] { rows(static_cast<float*>(nullptr), large, large); }), {"rows", "4294967296", "memory"}));
  CHECK(says(refusal([&] { rows(&one, idx(1) << 31, idx(1) << 31); }), {"rows", "memory"}));
  CHECK(says(refusal([&] { rows(&one, most, 1); }), {"rows", "memory"}));
  CHECK(says(refusal([&] { rows(&one, 2, 1, most); }), {"rows", "memory"}));
  CHECK(says(refusal([&] { rows(&one, 1, 1, -2); }), {"rows", "stride -2"}));
  CHECK(says(refusal([&] { rows(static_cast<float*>(nullptr), 1, large); }), {"rows", "null"}));
  CHECK(rows(static_cast<float*>(nullptr), large, 0).rows() == large);
}
TEST_CASE("numbers: what a narrower type would make infinite is found in its place", "[core]") {
  matrix<double> x = matrix<double>::Zero(2, 3);
  x(1, 2) = 65519;  // rounds to 65504, the largest half
  CHECK(refusal([&] { require_representable<Eigen::half>(as_view(x), "f", "x"); }) == "");
  x(1, 2) = 65520;
  CHECK(says(refusal([&] { require_representable<Eigen::half>(as_view(x), "f", "x"); }), {"f: x", "65520", "row 1", "column 2"}));
  x(1, 2) = 1e39;
  CHECK(says(refusal([&] { require_representable<float>(as_view(x), "f", "x"); }), {"1e+39"}));
  x(1, 2) = infinity<double>();  // not this check's matter
  CHECK(refusal([&] { require_representable<float>(as_view(x), "f", "x"); }) == "");
}
TEST_CASE("shares: a product that is a whole number but for its rounding is that number", "[core]") {
  CHECK(ceil_of_share(0.07, 100) == 7);
  CHECK(ceil_of_share(0.55, 100) == 55);
  CHECK(ceil_of_share(0.07, 10000000000) == 700000000);
  CHECK(ceil_of_share(0.071, 100) == 8);
  CHECK(ceil_of_share(0, 100) == 0);
  CHECK(ceil_of_share(1, 100) == 100);
  CHECK(ceil_of_share(0.5, 0) == 0);
}
