// SPDX-License-Identifier: BSD-3-Clause
// Differential fuzzing of selection and mining: bytes become small whole numbers, so that ties are common and equality is
// exact, and every answer must be the one that sorting everything gives.
//   fuzz_select CORPUS SECONDS   replays the stored inputs, then makes new ones by Philox until the time is up
// The same function is libFuzzer's (Debian: libfuzzer-14-dev and, for sanitizers, libclang-rt-14-dev):
//   cmake --preset clang -B build/fuzz -DFOIL_LIBFUZZER=ON && cmake --build build/fuzz --target fuzz_select
//   mkdir new && build/fuzz/tests/fuzz_select -max_total_time=120 -max_len=2000 new tests/fuzz/corpus
// What it found new is in new/ then; -merge=1 -use_counters=0 SMALLEST new picks what reaches new code. The inputs found_*
// of the corpus are the few that reach most of it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <vector>

#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/target.hpp"
#include "foil/simd/top_k.hpp"
#include "foil/similarity/dot.hpp"

namespace {

using foil::idx;
using foil::Scalar;
namespace simd = foil::simd;

[[noreturn]] void differs(char const* what, idx at) {
  std::fprintf(stderr, "fuzz_select: %s differs from sorting at %ld\n", what, long(at));
  std::abort();
}

/// The bytes of an input, one after the other; zeros when they are used up.
class reader {
 public:
  reader(std::uint8_t const* data, std::size_t n) : at_(data), left_(n) {}
  std::uint8_t byte() { return left_ == 0 ? std::uint8_t(0) : (--left_, *at_++); }
  idx below(idx n) { return n <= 0 ? 0 : (idx(byte()) * 256 + byte()) % n; }
  bool more() const { return left_ > 0; }

 private:
  std::uint8_t const* at_;
  std::size_t left_;
};

/// -8 .. 7, and now and then what is not a number, or zero with a sign.
template <Scalar S>
S score(std::uint8_t b) {
  if (b >= 250)
    return b == 250   ? foil::quiet_nan<S>()
           : b == 251 ? foil::minus_infinity<S>()
           : b == 252 ? foil::infinity<S>()
           : b == 253 ? S(-0.0)
                      : S(b);
  return S(int(b % 16) - 8);
}

template <Scalar S, class Arch>
void select_on(std::vector<S> const& x, simd::top_k_options<S> o, std::vector<idx> const& want, idx nan, std::vector<idx> const& map) {
  auto const n = idx(x.size());
  std::vector<unsigned char> workspace(std::size_t(simd::top_k_workspace<S>(n, o.k)));
  std::vector<S> values(std::size_t((std::min)(o.k, n)));
  std::vector<idx> indices(values.size());
  auto const r =
      simd::top_k<S, idx, Arch>(x.data(), n, o, values.data(), indices.data(), workspace.data(), map.empty() ? nullptr : map.data());
  if (r.found != idx(want.size())) differs("the number found", r.found);
  if (r.nan_count != nan) differs("the number of NaN", r.nan_count);
  std::vector<idx> order(want.size());
  std::iota(order.begin(), order.end(), idx(0));
  if (!o.sorted)
    std::stable_sort(order.begin(), order.end(), [&](idx a, idx b) { return values[std::size_t(a)] > values[std::size_t(b)]; });
  for (std::size_t i = 0; i < want.size(); ++i) {
    auto const at = std::size_t(order[i]), from = std::size_t(want[i]);
    if (std::memcmp(&values[at], &x[from], sizeof(S)) != 0) differs("a value", idx(i));
    if (indices[at] != (map.empty() ? want[i] : map[from])) differs("an index", idx(i));
  }
}

template <Scalar S>
void select(reader r) {
  simd::top_k_options<S> o;
  std::uint8_t const flags = r.byte();
  o.sorted = flags & 1;
  if (flags & 2) o.lower = S(int(r.byte() % 16) - 8);
  if (flags & 4) o.upper = S(int(r.byte() % 16) - 8);
  idx const repeat = flags & 8 ? 1 + r.below(64) : 1, wanted = r.below(4096);
  std::vector<S> x;
  while (r.more()) x.insert(x.end(), std::size_t(repeat), score<S>(r.byte()));
  if (flags & 16) std::sort(x.begin(), x.end(), [](S a, S b) { return !foil::nan_bits(a) && (foil::nan_bits(b) || a < b); });
  o.k = flags & 32 ? wanted : (std::min)(wanted, idx(x.size()) / 8 + 1);
  std::vector<idx> map, want;
  if (flags & 64)
    for (std::size_t i = 0; i < x.size(); ++i) map.push_back(idx(i) * 7 + 3);
  idx nan = 0;
  bool const above = !(flags & 2), below = !(flags & 4);
  for (std::size_t i = 0; i < x.size(); ++i) {
    nan += foil::nan_bits(x[i]);
    if (!foil::ineligible_bits(x[i]) && (above || x[i] >= o.lower) && (below || x[i] <= o.upper)) want.push_back(idx(i));
  }
  std::stable_sort(want.begin(), want.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
  if (idx(want.size()) > o.k) want.resize(std::size_t(o.k));
  select_on<S, xsimd::default_arch>(x, o, want, nan, map);
#if defined(__SSE2__)
  select_on<S, xsimd::sse2>(x, o, want, nan, map);
#endif
}

void mine(reader r) {
  idx const dim = 1 + r.below(9), rows = 1 + r.below(5), k = r.below(12);
  std::uint8_t const flags = r.byte();
  auto const number = [&] { return float(int(r.byte() % 5) - 2); };
  foil::matrix<float> q(rows, dim);
  for (idx i = 0; i < q.size(); ++i) q.data()[i] = number();
  std::vector<float> numbers;
  while (r.more()) numbers.push_back(number());
  idx const repeat = flags & 1 ? 1 + idx(flags >> 3) : 1, columns = idx(numbers.size()) / dim * repeat;
  if (columns == 0) return;
  foil::matrix<float> c(columns, dim);
  for (idx i = 0; i < c.size(); ++i) c.data()[i] = numbers[std::size_t(i / dim / repeat * dim + i % dim)];
  std::vector<idx> own;
  for (idx i = 0; i < rows; ++i) own.push_back((i * 5 + k) % columns);
  foil::bias::bounds const bounds{-3, flags & 2 ? 4.0 : 1e9};
  foil::bias::absolute_margin const margin{.margin = flags & 4 ? 1.0 : -1e30};
  auto const run = [&](int threads) {
    return foil::mine(q, foil::pool::bank(c, foil::roles::target(own), bounds, margin),
                      {.negatives = k, .range_max = foil::whole_corpus, .executor = foil::threads(threads)}, foil::similarity::dot{});
  };
  auto const one = run(1), three = run(3);
  if (one.ids != three.ids || one.dropped[1].dropped != three.dropped[1].dropped) differs("the list of three threads", 0);
  for (idx i = 0; i < rows; ++i) {
    foil::matrix<float> const s = c.lazyProduct(q.row(i).transpose());
    std::vector<idx> want;
    for (idx j = 0; j < columns; ++j) {
      double const x = double(s(j, 0));
      if (j != own[std::size_t(i)] && x >= bounds.lower && x <= bounds.upper && x + margin.margin <= double(s(own[std::size_t(i)], 0)))
        want.push_back(j);
    }
    std::stable_sort(want.begin(), want.end(), [&](idx a, idx b) { return s(a, 0) > s(b, 0); });
    if (idx(want.size()) > k) want.resize(std::size_t(k));
    if (one.count(i) != idx(want.size())) differs("the count of a mined row", i);
    for (idx j = 0; j < one.count(i); ++j)
      if (one.id(i, j) != want[std::size_t(j)]) differs("a mined row", i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t n) {
  reader r(data, n);
  std::uint8_t const kind = r.byte();
  if (kind % 4 == 3)
    mine(r);
  else
    kind % 4 == 2 ? select<double>(r) : select<float>(r);
  return 0;
}

#if !defined(FOIL_LIBFUZZER)
int main(int count, char** arguments) {
  idx stored = 0, made = 0;
  for (auto const& file : std::filesystem::directory_iterator(count > 1 ? arguments[1] : ".")) {
    std::ifstream in(file.path(), std::ios::binary);
    std::vector<char> const bytes{std::istreambuf_iterator<char>(in), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
    ++stored;
  }
  if (stored == 0) return std::fprintf(stderr, "fuzz_select: no stored input in %s\n", count > 1 ? arguments[1] : "."), 1;
  auto const now = [] { return std::chrono::steady_clock::now(); };
  auto const end = now() + std::chrono::duration<double>(count > 2 ? std::atof(arguments[2]) : 0);
  std::uint64_t const seed = std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("fuzz_select: seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);  // what an abort would leave unsaid
  for (; now() < end; ++made) {
    foil::random_stream draw(seed, foil::purpose::user, 0, std::uint64_t(made));
    std::vector<std::uint8_t> bytes(std::size_t(draw.below(draw.below(8) == 0 ? 6000 : 400)));
    idx const values = 1 + draw.below(256);  // few distinct ones more often than chance would have it
    for (std::uint8_t& b : bytes) b = std::uint8_t(draw.below(values));
    for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) bytes[i] = std::uint8_t(draw.below(256));
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("fuzz_select: %ld stored and %ld new inputs agree with sorting\n", long(stored), long(made));
}
#endif
