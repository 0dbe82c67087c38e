// SPDX-License-Identifier: BSD-3-Clause
// .npy files that NumPy wrote (tests/fuzz/corpus_npy), and those that foil writes. Tests bridge/mapped_file.hpp.
#include "foil/bridge/npy.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bridge/mapped_rows.hpp"
#include "foil/bridge/npy_header.hpp"
#include "foil/mine/in_blocks.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"

using namespace foil;
using bridge::npy_file;
using bridge::npy_type;

namespace {

std::string const folder = FOIL_TEST_NPY "/";

/// A file that is gone at the end of the test.
struct scratch_file {
  std::string path;
  explicit scratch_file(char const* name) : path(std::string("foil_test_") + name) {}
  ~scratch_file() { std::remove(path.c_str()); }
  std::string bytes() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

std::string stored(std::string const& name) {
  std::ifstream in(folder + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("npy: NumPy's own files of every type, order and version", "[bridge]") {
  for (std::string const name : {"f2", "f4", "f8", "i1", "i4", "i8", "u1", "b1"})
    for (std::string const order : {"_c", "_fortran"}) {
      INFO(name + order);
      npy_file const file(folder + name + order);
      auto const x = bridge::read_npy<double>(folder + name + order);
      REQUIRE((x.rows() == 3 && x.cols() == 4 && file.by_rows() == (order == "_c")));
      for (idx k = 0; k < 12; ++k)
        CHECK(x(k / 4, k % 4) == (name == "b1" ? double(k != 5) : name == "u1" ? double((k + 251) % 256) : double(k - 5)));
    }
  for (std::string const name : {"version_2", "version_3", "f4_c"})
    CHECK((npy_file(folder + name).rows<float>()(2, 3) == 6 && npy_file(folder + name).n() == 3));
  CHECK(bridge::read_npy<std::int64_t>(folder + "i4_fortran")(1, 0) == -1);
  CHECK(bridge::read_npy<std::int64_t>(folder + "vector")(0, 6) == 6);
  npy_file const vector(folder + "vector");
  CHECK((vector.values<std::int64_t>().size() == 7 && vector.values<std::int64_t>()[6] == 6 && vector.values<idx>()[0] == 0));
  npy_file const scalar(folder + "scalar");
  CHECK((scalar.header().shape.empty() && scalar.header().numbers() == 1 && scalar.element<double>(0) == 2.5));
  npy_file const cube(folder + "rank_3");
  CHECK((cube.values<float>().size() == 24 && cube.header().shape == std::vector<idx>{2, 3, 4}));
  npy_file const nothing(folder + "empty_rows");
  CHECK((nothing.rows<float>().rows() == 0 && nothing.rows<float>().cols() == 4));
  auto const no_columns = bridge::read_npy<float>(folder + "no_columns");  // done at once
  CHECK((no_columns.rows() == idx(1) << 60 && no_columns.cols() == 0));
  npy_file const column(folder + "one_column");
  CHECK((column.rows<float>()(2, 0) == 3));
  CHECK(npy_file(folder + "python_2").header().shape == std::vector<idx>{3, 1});
  CHECK(npy_file(folder + "b1_c").values<std::uint8_t>()[5] == 0);
}

TEST_CASE("npy: every malformed file is refused, and says why", "[bridge]") {
  std::pair<char const*, char const*> const cases[] = {{"big_endian", "big-endian"},
                                                       {"records", "structured"},
                                                       {"complex", "type '<c8'"},
                                                       {"unicode", "type '<U2'"},
                                                       {"unsigned_64", "type '<u8'"},
                                                       {"cut_numbers", "are 48 bytes, of which it has 47"},
                                                       {"bytes_behind", "has 1 bytes behind (3, 4) of float32"},
                                                       {"cut_header", "ends within its header of 118 bytes"},
                                                       {"cut_length", "no .npy file"},
                                                       {"no_magic", "no .npy file"},
                                                       {"nothing", "no .npy file"},
                                                       {"version_4", "version 4.0"},
                                                       {"minus_length", "something else than a length"},
                                                       {"product_overflows", "more than memory"},
                                                       {"bytes_overflow", "more than memory"},
                                                       {"huge_empty", "more than memory"},
                                                       {"length_overflows", "beyond 2^63"},
                                                       {"header_of_4_gb", "ends within its header of 4294967295"},
                                                       {"twice", "'descr' twice"},
                                                       {"no_shape", "lacks the key 'shape'"},
                                                       {"other_key", "the key 'x'"},
                                                       {"empty_key", "the key ''"},
                                                       {"no_tuple", "no tuple"},
                                                       {"order_1", "neither True nor False"},
                                                       {"behind_brace", "after its closing brace"},
                                                       {"no_brace", "no string"},
                                                       {"open_string", "without an end"},
                                                       {"escape", "escape"},
                                                       {"many_dimensions", "32 dimensions"},
                                                       {"missing_comma", "no ','"},
                                                       {"null_bytes", "no '{'"},
                                                       {"leading_zeros", "begins with 0"}};
  for (auto const& c : cases) {
    INFO(c.first);
    std::string const said = refusal([&] { npy_file{folder + c.first}; });
    CHECK(says(said, {folder.c_str(), c.first, c.second}));
  }
  CHECK(says(refusal([] { npy_file("/no/such/file.npy"); }), {"/no/such/file.npy", "No such file"}));
  CHECK(says(refusal([] { npy_file{folder}; }), {"no regular file"}));
  scratch_file const pipe("pipe");
  REQUIRE(::mkfifo(pipe.path.c_str(), 0600) == 0);
  CHECK(says(refusal([&] { npy_file{pipe.path}; }), {"no regular file"}));  // nobody writes to it: opening must not wait
}

TEST_CASE("npy: a view of another type, shape, order or alignment is refused", "[bridge]") {
  npy_file const floats(folder + "f4_c"), turned(folder + "f4_fortran"), vector(folder + "vector"), odd(folder + "unaligned");
  CHECK(says(refusal([&] { floats.rows<double>(); }), {"f4_c", "float32", "float64"}));
  CHECK(says(refusal([&] { turned.rows<float>(); }), {"f4_fortran", "Fortran order", "ascontiguousarray"}));
  CHECK(says(refusal([&] { turned.values<float>(); }), {"Fortran order"}));
  CHECK(says(refusal([&] { vector.n(); }), {"(7,)", "[rows, dim]"}));
  CHECK(says(refusal([&] { odd.rows<float>(); }), {"multiple of 4"}));
  CHECK(bridge::read_npy<float>(folder + "unaligned")(2, 0) == 3);
  npy_file const bytes(folder + "i1_c");
  std::vector<float> const scales{1, 2, 0.5f}, few{1};
  CHECK(bytes.rows_int8(scales)(1, 0) == -2);
  CHECK(says(refusal([&] { bytes.rows_int8(few); }), {"3 rows", "got 1"}));
  CHECK(says(refusal([&] { bridge::read_npy<int>(folder + "f4_c"); }), {"whole numbers"}));
  CHECK(says(refusal([&] { bridge::read_npy<float>(folder + "rank_3"); }), {"(2, 3, 4)"}));
}

TEST_CASE("npy: what is written is what NumPy writes, byte for byte, and is read back", "[bridge]") {
  matrix<float> const x = [] {
    matrix<float> m(3, 4);
    for (idx k = 0; k < 12; ++k) m.data()[k] = float(k - 5);
    return m;
  }();
  scratch_file const file("x.npy");
  bridge::write_npy(file.path, x);
  CHECK(file.bytes() == stored("f4_c"));
  bridge::write_npy(file.path, matrix<double>(x.cast<double>()));
  CHECK(file.bytes() == stored("f8_c"));
  bridge::write_npy(file.path, matrix<Eigen::half>(x.cast<Eigen::half>()));
  CHECK(file.bytes() == stored("f2_c"));
  npy_file const halves(file.path);
  CHECK(float(halves.rows<Eigen::half>()(0, 0)) == -5);
  bridge::write_npy(file.path, x.topRows(1));
  CHECK(npy_file(file.path).rows<float>()(0, 3) == -2);
  bridge::write_npy(file.path, matrix<double>(matrix<double>::Constant(1, 1, 1 + 0x1p-11 + 0x1p-40)));  // rounded once
  CHECK(float(bridge::read_npy<Eigen::half>(file.path)(0, 0)) == 1 + 0x1p-10f);
  bridge::write_npy_vector(file.path, std::vector<std::int64_t>{(idx(1) << 40) + (idx(1) << 32) + 1});
  CHECK(float(bridge::read_npy<Eigen::bfloat16>(file.path)(0, 0)) == 0x1p40f + 0x1p33f);
  bridge::write_npy(file.path, matrix<float>(idx(1) << 60, 0));
  CHECK(file.bytes() == stored("no_columns"));
  std::vector<std::int64_t> const v{0, 1, 2, 3, 4, 5, 6};
  bridge::write_npy_vector(file.path, v);
  CHECK(file.bytes() == stored("vector"));

  std::ostringstream out;
  bridge::npy_writer<float> pieces(out, {3, 4});
  for (idx i = 0; i < 3; ++i) pieces.append({x.data() + 4 * i, 4});
  CHECK(says(refusal([&] { pieces.append({x.data(), 1}); }), {"room for 0"}));
  pieces.finish();
  CHECK(out.str() == stored("f4_c"));
  bridge::npy_writer<float> unfinished(out, {3, 4});
  CHECK(says(refusal([&] { unfinished.finish(); }), {"12 numbers are missing"}));
  CHECK(says(refusal([&] { bridge::npy_writer<float>(out, {-1}); }), {"negative"}));
  CHECK(says(refusal([&] { bridge::write_npy("/no/such/folder/x.npy", x); }), {"/no/such/folder/x.npy", "cannot be written"}));
  if (std::ofstream("/dev/full").is_open()) CHECK(says(refusal([&] { bridge::write_npy("/dev/full", x); }), {"/dev/full", "full disk"}));
}

TEST_CASE("npy: a mapped corpus is mined as the matrix in memory is", "[bridge]") {
  matrix<float> const q = matrix<float>::Random(20, 16), c = matrix<float>::Random(300, 16);
  scratch_file const file("corpus.npy");
  bridge::write_npy(file.path, c);
  npy_file const mapped(file.path);
  auto const a = mine(q, pool::bank(c), {.negatives = 7}), b = mine(q, pool::bank(mapped.rows<float>()), {.negatives = 7});
  CHECK((a.ids == b.ids && a.scores == b.scores));
  matrix<float> const before = c;
  for (view<float> const rows : {mapped.rows<float>(), as_view(c)}) {  // memory that is no file keeps its numbers
    bridge::mapped_rows const pages(rows);
    candidate_blocks<float> const blocks(rows, similarity::cosine::kind, 41, bad_rows::refuse, {}, &pages);
    auto const in_blocks = mine_in_blocks(q, pool::bank(blocks.all()), blocks, {.negatives = 7});
    CHECK((a.ids == in_blocks.ids && a.scores == in_blocks.scores));
  }
  CHECK(c == before);
}
