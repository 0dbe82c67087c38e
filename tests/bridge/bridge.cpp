// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>
#include <sstream>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bridge/eigen_tensor.hpp"
#include "foil/bridge/jsonl.hpp"

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

TEST_CASE("jsonl: quotes, backslashes and control characters are escaped, one object a line", "[bridge]") {
  std::ostringstream out;
  std::vector<std::array<idx, 3>> const t{{0, 1, 2}};
  std::string const documents[] = {"", "plain", "tab\there \"quoted\" back\\slash"};
  bridge::write_triplets(out, t, [&](int kind, idx id) { return kind == 0 ? std::string("q") : documents[id]; });
  CHECK(out.str() == "{\"anchor\": \"q\", \"positive\": \"plain\", \"negative\": \"tab\\u0009here \\\"quoted\\\" back\\\\slash\"}\n");
}

TEST_CASE("jsonl: bytes that are not UTF-8 are refused by row, field and place, before anything is written, or replaced", "[bridge]") {
  std::vector<std::array<idx, 3>> const t{{0, 1, 2}, {0, 2, 3}};
  std::string const documents[] = {"q", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "plain", "bad\xff!"};
  auto const text = [&](int, idx id) -> std::string const& { return documents[id]; };
  std::ostringstream out;
  CHECK(says(refusal([&] { bridge::write_triplets(out, t, text); }), {"write_triplets: byte 3", "negative", "row 1", "id 3"}));
  CHECK(out.str().empty());
  bridge::write_triplets(out, t, text, bridge::invalid_utf8::replace);
  CHECK(out.str() == "{\"anchor\": \"q\", \"positive\": \"" + documents[1] +
                         "\", \"negative\": \"plain\"}\n"
                         "{\"anchor\": \"q\", \"positive\": \"plain\", \"negative\": \"bad\xef\xbf\xbd!\"}\n");
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
    std::ostringstream one;
    bridge::json_string(one, bytes, bridge::invalid_utf8::replace);
    CHECK(bridge::first_invalid(one.str()) == -1);
    CHECK((refusal([&] { bridge::json_string(one, bytes); }) == "") == (at < 0));
  }
  std::ostringstream one;
  bridge::json_string(one, "\xe2\x82|\xf0\x9f\x98|\xed\xa0\x80|\xff\xfe", bridge::invalid_utf8::replace);  // one a beginning, one a byte
  std::string const r = "\xef\xbf\xbd";
  CHECK(one.str() == "\"" + r + "|" + r + "|" + r + r + r + "|" + r + r + "\"");
}

TEST_CASE("jsonl: a stream that cannot be written to is an error, as is a full disk", "[bridge]") {
  std::vector<std::array<idx, 3>> const t(3, {0, 1, 2});
  auto const text = [](int, idx) { return std::string("text"); };
  std::ofstream closed;
  CHECK(says(refusal([&] { bridge::write_triplets(closed, t, text); }), {"write_triplets", "row 0"}));
  std::ofstream missing("/no/such/folder/file.jsonl");
  CHECK(says(refusal([&] { bridge::write_triplets(missing, t, text); }), {"write_triplets"}));
  std::ofstream full("/dev/full");
  if (!full.is_open()) return;  // not on this system
  CHECK(says(refusal([&] { bridge::write_triplets(full, t, text); }), {"write_triplets", "full disk"}));
  std::ofstream large("/dev/full");
  std::vector<std::array<idx, 3>> const many(100'000, {0, 1, 2});
  CHECK(says(refusal([&] { bridge::write_triplets(large, many, text); }), {"write_triplets: writing row"}));
}
