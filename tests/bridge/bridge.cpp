// SPDX-License-Identifier: BSD-3-Clause
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bridge/eigen_tensor.hpp"
#include "foil/bridge/json_string.hpp"

using namespace foil;

TEST_CASE("tensor: rank 2 and 3 are the same memory", "[bridge]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> two(3, 4);
  two.setZero();
  Eigen::Tensor<double, 3, Eigen::RowMajor> three(2, 3, 5);
  three.setZero();
  auto const a = rows(two);
  CHECK(a.data() == two.data());
  CHECK((a.rows() == 3 && a.cols() == 4 && a.stride() == 4));
  auto const b = rows(three);
  CHECK((b.rows() == 6 && b.cols() == 5));
  three(1, 2, 4) = 7;
  CHECK(b(5, 4) == 7);
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> const map(two.data(), 2, 6);
  CHECK((rows(map).data() == two.data() && rows(map).rows() == 2 && rows(map).cols() == 6));
  CHECK(rows(Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>(two.data(), 2, 6)).data() == two.data());
}
TEST_CASE("tensor: sizes whose product no memory holds are refused", "[bridge]") {
  float one = 0;
  long const large = 1L << 32;
  Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>> const wrapped(&one, large, large, 1);
  CHECK(says(refusal([&] { rows(wrapped); }), {"rows", "4294967296 x 4294967296", "memory"}));
}

namespace {
std::string as_json(std::string_view text, bridge::invalid_utf8 otherwise = bridge::invalid_utf8::refuse) {
  std::string out = "before ";
  bridge::append_json_string(out, text, otherwise);
  return out.substr(7);
}
}  // namespace

TEST_CASE("json_string: quotes, backslashes and control characters are escaped", "[bridge]") {
  CHECK(as_json("tab\there \"as_json\" back\\slash") == "\"tab\\u0009here \\\"as_json\\\" back\\\\slash\"");
  std::string const plain = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80";
  CHECK(as_json(plain) == "\"" + plain + "\"");
}

TEST_CASE("json_string: bytes that are not UTF-8 are refused by place, before anything is appended, or replaced", "[bridge]") {
  std::string out;
  CHECK(says(refusal([&] { bridge::append_json_string(out, "bad\xff!"); }), {"append_json_string: byte 3"}));
  CHECK(out.empty());
  // Overlong forms, surrogates, beyond U+10FFFF, lone continuations, characters that break off; then what is whole.
  std::pair<std::string, idx> const cases[] = {{"\xc0\x80", 0},
                                               {"\xe0\x80\x80", 0},
                                               {"a\xed\xa0\x80", 1},
                                               {"\xf4\x90\x80\x80", 0},
                                               {"\xf5\x80\x80\x80", 0},
                                               {"ab\x80", 2},
                                               {"\xe2\x82", 0},
                                               {"\xf0\x9f\x98", 0},
                                               {"\xc3", 0},
                                               {"\xe2(\xa1", 0},
                                               {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80", -1},
                                               {std::string("nul\0too", 7), -1}};
  for (auto const& one_case : cases) {
    std::string const& bytes = one_case.first;
    idx const at = one_case.second;
    INFO(bytes);
    CHECK(bridge::first_invalid(bytes) == at);
    CHECK(bridge::first_invalid(as_json(bytes, bridge::invalid_utf8::replace)) == -1);
    CHECK((refusal([&] { as_json(bytes); }) == "") == (at < 0));
  }
  std::string const r = "\xef\xbf\xbd";
  CHECK(as_json("\xe2\x82|\xf0\x9f\x98|\xed\xa0\x80|\xff\xfe", bridge::invalid_utf8::replace) ==  // one a beginning, one a byte
        "\"" + r + "|" + r + "|" + r + r + r + "|" + r + r + "\"");
}
