// SPDX-License-Identifier: BSD-3-Clause
// Fuzzing of bridge/npy.hpp, bridge/npy_header.hpp and bridge/mapped_file.hpp: whatever the bytes, a file is refused by foil::error or read
// within its bounds, and what is read is written again with the same meaning. Inputs that do not begin as .npy files do choose how a
// valid header is spelt, which must be read for what it says.
//   fuzz_npy CORPUS SECONDS   replays the stored inputs, then changes them at random by Philox until the time is up
// The same function is libFuzzer's: see fuzz/select.cpp.
#include "foil/bridge/npy.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "foil/core/random.hpp"

namespace {

using foil::idx;
namespace bridge = foil::bridge;

[[noreturn]] void wrong(char const* what) {
  std::fprintf(stderr, "fuzz_npy: %s\n", what);
  std::abort();
}

bool same(bridge::npy_header const& a, bridge::npy_header const& b) {
  return a.type == b.type && a.fortran == b.fortran && a.shape == b.shape;
}

/// As a file that has a name and takes no place on a disk.
class memory_file {
 public:
  explicit memory_file(std::string_view bytes) : file_(::memfd_create("npy", 0)) {
    if (file_ < 0 || ::write(file_, bytes.data(), bytes.size()) != idx(bytes.size())) wrong("no file in memory");
  }
  ~memory_file() { ::close(file_); }
  std::string name() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// Reads the bytes as a file; true if they are one.
bool read(std::string_view bytes) {
  bridge::npy_header h;
  try {
    h = bridge::read_npy_header(bytes, "header");
  } catch (foil::error const&) {
    try {
      memory_file const f(bytes);
      bridge::npy_file const file(f.name());
    } catch (foil::error const&) {
      return false;
    }
    wrong("a file with a header that is none was opened");
  }
  if (h.offset > idx(bytes.size()) || h.bytes() < 0) wrong("a header reaches beyond its bytes");
  if (!same(h, bridge::read_npy_header(bridge::npy_header_text(h.type, h.shape, h.fortran), "again")))
    wrong("a header changed when written");
  memory_file const f(bytes);
  bool const fits = h.bytes() == idx(bytes.size()) - h.offset;
  try {
    bridge::npy_file const file(f.name());
    if (!fits) wrong("a file of another size than its header says was opened");
    double sum = 0;  // every number is within the file: sanitizers look
    for (idx i = 0; i < h.numbers(); ++i) sum += file.element<double>(i);
    auto const keep = [](double x) {
      volatile double kept = x;
      static_cast<void>(kept);
    };
    keep(sum);
    if (h.shape.size() != 2) return true;
    auto const x = bridge::read_npy<double>(f.name());
    for (idx i = 0; i < x.size(); ++i) keep(x.data()[i]);
  } catch (foil::error const&) {
    if (fits) wrong("a whole file was refused");
  }
  return fits;
}

/// A valid header, spelt as the bytes say.
void spell(std::uint8_t const* data, std::size_t n) {
  std::size_t at = 0;
  auto const byte = [&]() -> unsigned { return at < n ? data[at++] : 0u; };
  bridge::npy_header h;
  h.type = bridge::npy_type(byte() % 8), h.fortran = byte() % 2;
  for (unsigned k = byte() % 4; k > 0; --k) h.shape.push_back(idx(byte() % 4 == 0 ? byte() * 256 + byte() : byte() % 16));
  auto const blank = [&] { return std::string(byte() % 3, byte() % 2 ? ' ' : '\n'); };
  auto const string = [&](std::string const& s) { return byte() % 2 ? "'" + s + "'" : '"' + s + '"'; };
  std::string shape = "(";
  for (std::size_t k = 0; k < h.shape.size(); ++k)
    shape += blank() + std::to_string(h.shape[k]) + (byte() % 4 == 0 ? "L" : "") + blank() +
             (k + 1 < h.shape.size() || k == 0 || byte() % 2 ? "," : "");
  shape += blank() + ")";
  std::string const entries[] = {string("descr") + blank() + ":" + blank() + string(bridge::npy_codes[std::size_t(h.type)]),
                                 string("fortran_order") + ":" + blank() + (h.fortran ? "True" : "False"),
                                 string("shape") + blank() + ":" + shape};
  std::size_t const first = byte() % 3, step = 1 + byte() % 2;
  std::string text = blank() + "{";
  for (std::size_t k = 0; k < 3; ++k) text += blank() + entries[(first + k * step) % 3] + blank() + (k < 2 || byte() % 2 ? "," : "");
  text += blank() + "}" + blank();
  unsigned const version = 1 + byte() % 3;
  std::string bytes = "\x93NUMPY";
  bytes += char(version), bytes += '\0', bytes += char(text.size() % 256), bytes += char(text.size() / 256);
  if (version > 1) bytes += std::string(2, '\0');
  bytes += text;
  try {
    if (!same(h, bridge::read_npy_header(bytes, "spelt"))) wrong("a header was read for another");
  } catch (foil::error const& e) {
    std::fprintf(stderr, "%s\n%s\n", e.what(), text.c_str());
    wrong("a valid header was refused");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t n) {
  if (n == 0 || data[0] == 0x93)
    read({reinterpret_cast<char const*>(data), n});
  else
    spell(data, n);
  return 0;
}

#if !defined(FOIL_LIBFUZZER)
int main(int count, char** arguments) {
  std::vector<std::string> stored;
  idx whole = 0, made = 0;
  for (auto const& file : std::filesystem::directory_iterator(count > 1 ? arguments[1] : ".")) {
    std::ifstream in(file.path(), std::ios::binary);
    stored.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    whole += read(stored.back());
  }
  if (whole == 0) return std::fprintf(stderr, "fuzz_npy: no stored file in %s\n", count > 1 ? arguments[1] : "."), 1;
  auto const now = [] { return std::chrono::steady_clock::now(); };
  auto const end = now() + std::chrono::duration<double>(count > 2 ? std::atof(arguments[2]) : 0);
  std::uint64_t const seed = std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("fuzz_npy: seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);  // what an abort would leave unsaid
  constexpr std::string_view words = "{}()[]:,'\"0123456789 LTF<>|=fibu\n\\";
  for (; now() < end; ++made) {
    foil::random_stream draw(seed, foil::purpose::user, 0, std::uint64_t(made));
    std::string bytes = stored[std::size_t(draw.below(idx(stored.size())))];
    if (draw.below(2) == 0) {
      bytes.assign(std::size_t(draw.below(60)), '\0');
      for (char& c : bytes) c = char(draw.below(256));
      if (!bytes.empty()) bytes[0] = char(draw.below(128));
    }
    for (idx changes = draw.below(4); changes > 0 && !bytes.empty() && bytes[0] == '\x93'; --changes) {
      auto const at = std::size_t(draw.below((std::min)(idx(bytes.size()), idx(90))));
      char const c = draw.below(4) == 0 ? char(draw.below(256)) : words[std::size_t(draw.below(idx(words.size())))];
      idx const kind = draw.below(4);
      if (kind == 0)
        bytes.insert(at, 1, c);
      else if (kind == 1)
        bytes.erase(at, std::size_t(1 + draw.below(3)));
      else
        bytes[at] = c;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
  }
  std::printf("fuzz_npy: %ld stored files, %ld of them whole, and %ld new inputs\n", long(stored.size()), long(whole), long(made));
}
#endif
