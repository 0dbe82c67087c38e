// SPDX-License-Identifier: BSD-3-Clause
// Lists of ids: every integer type, read where it lies; what is no id is refused with its place.
#include "foil/core/ids.hpp"

#include <array>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/list_view.hpp"

using namespace foil;

namespace {
template <class T>
void reads(std::vector<T> const& given) {
  id_list const ids = given;
  REQUIRE(ids.size() == idx(given.size()));
  for (idx from : {idx(0), idx(1), idx(255), idx(600)}) {
    idx next = from;
    ids.read(from, ids.size() - from, [&](auto const* p, idx at, idx count) {
      REQUIRE(from + at == next);
      for (idx j = 0; j < count; ++j) REQUIRE((idx(p[j]) == idx(given[std::size_t(next + j)]) && ids[next + j] == idx(p[j])));
      next += count;
    });
    CHECK(next == ids.size());
  }
}
template <class T>
void reads_all() {
  std::vector<T> given;
  for (int i = 0; i < 700; ++i) given.push_back(T(i % 3 == 0 ? (std::numeric_limits<T>::min)() : T(i * 37)));
  given[5] = sizeof(T) == 8 ? T((std::numeric_limits<idx>::max)()) : (std::numeric_limits<T>::max)();
  reads(given);
}
}  // namespace

TEST_CASE("ids: integers of every width and sign are read as they are", "[core]") {
  reads_all<signed char>(), reads_all<unsigned char>(), reads_all<short>(), reads_all<unsigned short>();
  reads_all<int>(), reads_all<unsigned>(), reads_all<long>(), reads_all<unsigned long>();
  reads_all<long long>(), reads_all<unsigned long long>();
}
TEST_CASE("ids: spans, arrays and Eigen objects are lists where they lie", "[core]") {
  int plain[] = {3, 4, 5};
  std::array<std::uint16_t, 2> const two{65535, 1};
  Eigen::VectorXi const eigen = Eigen::VectorXi::LinSpaced(4, 0, 3);
  Eigen::Matrix<std::int64_t, -1, -1, Eigen::RowMajor> table(2, 3);
  table << 0, 1, 2, 3, 4, 5;
  CHECK((id_list(plain)[2] == 5 && id_list(two)[0] == 65535 && id_list(eigen)[3] == 3));
  CHECK((id_list(table).size() == 6 && id_list(table)[4] == 4));
  CHECK(id_list(std::span<int const>(plain).subspan(1))[0] == 4);
  CHECK(id_list(Eigen::Map<Eigen::VectorXi const>(plain, 3))[1] == 4);
  id_list const seen = plain;
  plain[0] = 7;
  CHECK(seen[0] == 7);
  CHECK(says(refusal([&] { id_list(table.leftCols(2)); }), {"id_list", "strides are 1 and 3"}));
  CHECK(says(refusal([&] { id_list(table.col(1)); }), {"id_list", "strides are 3"}));
  CHECK(id_list().empty());
}
TEST_CASE("ids: an unsigned number that no id can be is refused with its place", "[core]") {
  std::vector<std::size_t> ids{0, (std::size_t(1) << 63) - 1, 7};
  CHECK(id_list(ids)[1] == (std::numeric_limits<idx>::max)());
  ids[2] = std::size_t(1) << 63;
  CHECK(says(refusal([&] { id_list{ids}; }), {"9223372036854775808", "position 2"}));
  ids[1] = ~std::size_t(0);
  CHECK(says(refusal([&] { id_list{ids}; }), {"18446744073709551615", "position 1"}));
}
TEST_CASE("ids: functions that read a list and forget it take temporaries", "[core]") {
  auto const sum = [](id_argument ids) {
    idx s = 0;
    for (idx i = 0; i < ids.size(); ++i) s += ids[i];
    return s;
  };
  CHECK(sum(std::vector<std::uint8_t>{200, 100}) == 300);
  CHECK(sum({}) == 0);
}
TEST_CASE("lists: spans may be temporaries, and nothing is copied", "[core]") {
  std::vector<double> numbers{1, 2, 3};
  list_view<double> const whole = numbers, part = std::span<double const>(numbers).subspan(1);
  CHECK((whole.data() == numbers.data() && part.data() == numbers.data() + 1 && part.size() == 2));
  CHECK(list_view<double>().empty());
}
static_assert(owns_memory<matrix<float>> && owns_memory<Eigen::VectorXi> && owns_memory<std::vector<int>> &&
              owns_memory<std::array<int, 3>>);
static_assert(owns_memory<Eigen::Ref<matrix<float> const>>, "it may hold a copy");
static_assert(!owns_memory<Eigen::Map<matrix<float>>> && !owns_memory<Eigen::Block<matrix<float>>> &&
              !owns_memory<Eigen::Ref<matrix<float>>>);
static_assert(!owns_memory<std::span<int>> && !owns_memory<view<float>>);
