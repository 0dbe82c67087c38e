// SPDX-License-Identifier: BSD-3-Clause
// Listed pools: only the rows that are named are opened, and their gradient is that of these rows, with the bits that a dense one
// would have. Tests engine/named_rows.hpp, engine/pool_gradient.hpp, pool/listed.hpp.
#include "foil/pool/listed.hpp"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/batch/on_triplets.hpp"
#include "foil/bias/weights.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/siglip.hpp"
#include "foil/recipe/grad_cache.hpp"
#include "foil/recipe/matryoshka.hpp"
#include "foil/roles/per_pair.hpp"

using namespace table;

namespace {

constexpr idx batch = 40, per_row = 3, length = 200, dim = 19;

/// Some ids twice in a row, some in many rows, some -1; few of a long table.
std::vector<idx> lists(idx rows = batch, std::uint64_t seed = 7) {
  random_stream draw(seed, purpose::user);
  std::vector<idx> ids;
  for (idx k = 0; k < rows * per_row; ++k)
    ids.push_back(k % 7 == 3 ? -1 : k % 5 == 4 && k % per_row > 0 ? ids.back() : k % 4 == 0 ? 13 : draw.below(length));
  return ids;
}
std::vector<idx> ascending(std::vector<idx> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (!ids.empty() && ids[0] == -1) ids.erase(ids.begin());
  return ids;
}
template <class T>
matrix<T> stored(idx rows, std::uint64_t seed) {
  auto const x = normal_rows<arithmetic<T>>(rows, dim, seed);
  matrix<T> out(rows, dim);
  for (idx k = 0; k < x.size(); ++k) out.data()[k] = T(x.data()[k]);
  return out;
}
/// The same list of a table that holds nothing but the named rows, ascending.
template <class T>
struct short_table {
  matrix<T> rows;
  std::vector<idx> ids;
  short_table(matrix<T> const& table, std::vector<idx> const& lists) {
    auto const named = ascending(lists);
    rows.resize(idx(named.size()), table.cols());
    for (idx k = 0; k < rows.rows(); ++k) rows.row(k) = table.row(named[std::size_t(k)]);
    for (idx id : lists) ids.push_back(id < 0 ? -1 : std::lower_bound(named.begin(), named.end(), id) - named.begin());
  }
};

/// Pages that nobody may touch, but for those of some rows: whoever reads another row dies.
template <class T>
class guarded_table {
 public:
  guarded_table(idx rows, idx columns, std::vector<idx> const& open) : n_(rows), dim_(columns) {
    data_ = mmap(nullptr, bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(data_ != MAP_FAILED);
    auto const page = std::size_t(sysconf(_SC_PAGESIZE));
    for (idx id : open) {
      if (id < 0) continue;
      std::size_t const from = std::size_t(id * dim_) * sizeof(T) / page * page,
                        to = (std::size_t((id + 1) * dim_) * sizeof(T) + page - 1) / page * page;
      REQUIRE(mprotect(static_cast<char*>(data_) + from, to - from, PROT_READ | PROT_WRITE) == 0);
    }
  }
  ~guarded_table() { munmap(data_, bytes()); }
  guarded_table(guarded_table const&) = delete;
  Eigen::Map<matrix<T>> rows() const { return {static_cast<T*>(data_), n_, dim_}; }

 private:
  std::size_t bytes() const { return std::size_t(n_ * dim_) * sizeof(T); }
  idx n_, dim_;
  void* data_ = nullptr;
};

}  // namespace

TEST_CASE("listed: the gradient is that of the named rows, ascending, and of their slots alone", "[pool]") {
  auto const check = [](auto type, auto similarity, double tolerance) {
    using T = decltype(type);
    using S = arithmetic<T>;
    auto const q = stored<T>(batch, 1), k = stored<T>(batch, 2), table = stored<T>(length, 3);
    auto const ids = lists();
    matrix<T> gathered = matrix<T>::Zero(batch * per_row, dim);
    for (idx s = 0; s < batch * per_row; ++s)
      if (ids[std::size_t(s)] >= 0) gathered.row(s) = table.row(ids[std::size_t(s)]);
    auto const absent = roles::per_pair([&](idx row, idx j) {  // -1 is nobody
      return ids[std::size_t(row * per_row + j)] < 0 ? role::absent : role::negative;
    });
    objective const f{loss::info_nce{.temperature = 0.3}, similarity};
    auto const r = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row));
    auto const own = f.value_and_grad(q, pool::in_batch(k), pool::own(gathered, per_row, absent));
    auto const& g = r.pools[1];
    CHECK(g.sparse());
    CHECK(g.ids == ascending(ids));
    CHECK((g.rows() == idx(g.ids.size()) && g.cols() == dim && g.table_rows == length));
    CHECK((!r.pools[0].sparse() && r.pools[0].ids.empty() && r.pools[0].rows() == batch));
    CHECK(double(r.value) == Approx(double(own.value)).epsilon(tolerance));
    matrix<double> want = matrix<double>::Zero(length, dim);
    for (idx s = 0; s < batch * per_row; ++s)
      if (ids[std::size_t(s)] >= 0) want.row(ids[std::size_t(s)]) += own.pools[1].row(s).template cast<double>();
    matrix<S> const dense = g.dense();
    REQUIRE((dense.rows() == length && dense.cols() == dim));
    CHECK((dense.template cast<double>() - want).cwiseAbs().maxCoeff() <= tolerance * want.cwiseAbs().maxCoeff());
    CHECK((r.anchors - own.anchors).cwiseAbs().maxCoeff() <= S(tolerance) * own.anchors.cwiseAbs().maxCoeff());
    for (idx i = 0; i < length; ++i) {
      auto const at = std::lower_bound(g.ids.begin(), g.ids.end(), i);
      if (at == g.ids.end() || *at != i)
        CHECK(dense.row(i).cwiseAbs().maxCoeff() == 0);
      else
        CHECK(dense.row(i) == g.row(at - g.ids.begin()));
    }
    // A table of nothing else gives the same bits.
    short_table<T> const few(table, ids);
    auto const s = f.value_and_grad(q, pool::in_batch(k), pool::listed(few.rows, few.ids, per_row));
    CHECK((s.value == r.value && same_bits<S>(s.anchors, r.anchors) && same_bits<S>(s.pools[1], g) && s.scale == r.scale));
  };
  check(float(), similarity::cosine{}, 1e-5);
  check(float(), similarity::dot{}, 1e-5);
  check(float(), similarity::neg_l2{}, 1e-5);
  check(float(), similarity::normalized<similarity::neg_sq_l2>{}, 1e-5);
  check(double(), similarity::cosine{}, 1e-13);
  check(double(), similarity::neg_sq_l2{}, 1e-13);
  check(Eigen::half(), similarity::dot{}, 1e-5);
  check(Eigen::half(), similarity::cosine{}, 1e-5);
  check(Eigen::bfloat16(), similarity::cosine{}, 1e-5);
}

TEST_CASE("listed: whole numbers of 8 bits with their scales", "[pool]") {
  auto const q = normal_rows<float>(batch, dim, 1), k = normal_rows<float>(batch, dim, 2);
  std::vector<std::int8_t> whole;
  std::vector<float> scales;
  random_stream draw(5, purpose::user);
  for (idx i = 0; i < length * dim; ++i) whole.push_back(std::int8_t(draw.below(255) - 127));
  for (idx i = 0; i < length; ++i) scales.push_back(float(0.01 + draw.uniform()));
  auto const table = rows_int8(whole.data(), length, dim, scales.data());
  matrix<float> copy(length, dim);
  for (idx i = 0; i < length; ++i)
    for (idx j = 0; j < dim; ++j) copy(i, j) = table(i, j);
  auto const ids = lists();
  objective const f{loss::info_nce{.temperature = 0.3}, similarity::dot{}};
  auto const r = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row)),
             s = f.value_and_grad(q, pool::in_batch(k), pool::listed(copy, ids, per_row));
  CHECK((same_bits(r, s) && r.pools[1].ids == s.pools[1].ids));
}

TEST_CASE("listed: no other row of a table of 1e8 is touched", "[pool]") {
  using T = Eigen::half;
  constexpr idx rows = 100'000'000, narrow = 16;
  random_stream draw(9, purpose::user);
  std::vector<idx> ids{0, rows - 1, -1};
  while (idx(ids.size()) < batch * per_row) ids.push_back(ids.size() % 5 == 0 ? rows - 1 : draw.below(rows));
  guarded_table<T> const table(rows, narrow, ids);
  for (idx id : ids)
    for (idx j = 0; id >= 0 && j < narrow; ++j) table.rows()(id, j) = T(float((id * 31 + j * 17) % 101) / 50 - 1);
  matrix<float> const q = normal_rows<float>(batch, narrow, 1), k = normal_rows<float>(batch, narrow, 2);
  matrix<T> half_q = q.cast<T>(), half_k = k.cast<T>();
  for (int workers : {1, 3})
    for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26}) {
      objective const f{
          loss::info_nce{.temperature = 0.3}, similarity::cosine{}, reduce::mean{}, {.executor = threads(workers), .budget = budget}};
      auto const r = f.value_and_grad(half_q, pool::in_batch(half_k), pool::listed(table.rows(), ids, per_row));
      auto const& g = r.pools[1];
      CHECK((g.ids == ascending(ids) && g.table_rows == rows && g.rows() < batch * per_row));
      CHECK(f.value(half_q, pool::in_batch(half_k), pool::listed(table.rows(), ids, per_row)).value == r.value);
      CHECK(g.cwiseAbs().maxCoeff() > 0);
      matrix<T> compact(g.rows(), narrow);
      std::vector<idx> places;
      for (idx i = 0; i < g.rows(); ++i) compact.row(i) = table.rows().row(g.ids[std::size_t(i)]);
      for (idx id : ids) places.push_back(id < 0 ? -1 : std::lower_bound(g.ids.begin(), g.ids.end(), id) - g.ids.begin());
      auto const s = f.value_and_grad(half_q, pool::in_batch(half_k), pool::listed(compact, places, per_row));
      CHECK(same_bits(r, s));
      Eigen::Map<matrix<T>> writable = table.rows();
      T const before = writable(rows - 1, 3);
      g.add_to(writable, -1);
      CHECK(float(writable(rows - 1, 3)) == float(T(float(before) - g(g.rows() - 1, 3))));
      g.add_to(writable, 1);
      for (idx j = 0; j < narrow; ++j) writable(rows - 1, j) = T(float(((rows - 1) * 31 + j * 17) % 101) / 50 - 1);
      for (idx i = 0; i < g.rows(); ++i)
        for (idx id = g.ids[std::size_t(i)], j = 0; j < narrow; ++j) writable(id, j) = T(float((id * 31 + j * 17) % 101) / 50 - 1);
    }
}

TEST_CASE("listed: equal bits for any number of threads, tile and plan", "[pool]") {
  idx const n = sanitized ? 70 : 300;
  auto const q = normal_rows<float>(n, dim, 1), k = normal_rows<float>(n, dim, 2);
  auto table = normal_rows<float>(length, dim, 3);
  table.row(13) = q.row(5);  // near pairs of distances
  auto const ids = lists(n);
  auto const check = [&](auto const& loss, auto similarity) {
    auto const run = [&](execution how) {
      objective const f{loss, similarity, reduce::mean{}, how};
      return std::pair{f.value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row)),
                       f.symmetric(q, pool::in_batch(k), pool::listed(table, ids, per_row))};
    };
    auto const first = run({});
    CHECK(first.first.pools[1].cwiseAbs().maxCoeff() > 0);
    for (int workers : {1, 2, 3})
      for (std::size_t budget : {std::size_t(0), std::size_t(64) << 20})
        for (tiling tile : {tiling{256, 256}, {1, 1}}) {
          auto const r = run({.executor = threads(workers), .budget = budget, .tile = tile});
          CHECK((same_bits(first.first, r.first) && first.first.pools[1].ids == r.first.pools[1].ids));
          CHECK((same_bits(first.second, r.second) && first.second.pools[1].ids == r.second.pools[1].ids));
        }
  };
  check(loss::info_nce{.temperature = 0.3}, similarity::cosine{});
  check(loss::siglip{}, similarity::dot{});
  check(loss::info_nce{.temperature = 0.3}, similarity::neg_l2{});
}

TEST_CASE("listed: ids out of range are named by anchor and position, bad rows where they are named", "[pool]") {
  auto const q = normal_rows<float>(batch, dim, 1), k = normal_rows<float>(batch, dim, 2);
  auto table = normal_rows<float>(length, dim, 3);
  auto ids = lists();
  objective const f{loss::info_nce{.temperature = 0.3}, similarity::dot{}};
  auto const run = [&](execution how = {}) {
    return objective(loss::info_nce{.temperature = 0.3}, similarity::cosine{}, reduce::mean{}, how)
        .value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row));
  };
  auto const plain = run();
  idx named = 13, other = 0;
  while (std::count(ids.begin(), ids.end(), other)) ++other;
  for (float bad : {quiet_nan<float>(), infinity<float>()}) {
    table(other, 2) = bad;
    CHECK(same_bits(run(), plain));
    CHECK(run({.bad_rows = bad_rows::skip}).bad_rows == 0);
    float const good = table(named, 4);
    table(named, 4) = bad;
    CHECK(says(refusal([&] { run(); }), {"value_and_grad", "candidates holds a NaN or an infinity at row 13, column 4"}));
    auto const skipped = run({.bad_rows = bad_rows::skip});
    CHECK(skipped.bad_rows == 1);
    auto const& g = skipped.pools[1];
    CHECK(g.row(std::find(g.ids.begin(), g.ids.end(), 13) - g.ids.begin()).cwiseAbs().maxCoeff() == 0);
    CHECK(g.allFinite());
    table(named, 4) = good;
  }
  table.row(other).setZero();
  CHECK(run().zero_rows == 0);
  table.row(named).setZero();
  CHECK(run().zero_rows == 1);
  for (idx out : {length, idx(-2), idx(1) << 40}) {
    auto const kept = std::exchange(ids[std::size_t(11 * per_row + 2)], out);
    CHECK(says(refusal([&] { run(); }),
               {"value_and_grad: id ", std::to_string(out).c_str(), "at position 35 of listed pool 1, for anchor 11", "-1 .. 199"}));
    ids[std::size_t(11 * per_row + 2)] = kept;
  }
  ids.pop_back();
  CHECK(says(refusal([&] { run(); }), {"listed pool 1 needs 40 x 3 ids, has 119"}));
  // Numbers that no float holds are refused by the row of the table.
  matrix<float> const huge = matrix<float>::Constant(length, dim, 3e38f);
  std::vector<idx> const one(std::size_t(batch), 150);
  CHECK(says(refusal([&] { f.value_and_grad(q, pool::in_batch(k), pool::listed(huge, one, 1)); }), {"candidate row 150"}));
}

TEST_CASE("listed: one id everywhere, none at all, no rows, own and trained pools beside it", "[pool]") {
  auto const q = normal_rows<float>(batch, dim, 1), k = normal_rows<float>(batch, dim, 2), table = normal_rows<float>(length, dim, 3),
             hard = normal_rows<float>(2 * batch, dim, 4);
  objective const f{loss::info_nce{.temperature = 0.3}};
  std::vector<idx> const one(std::size_t(batch * per_row), 199), none(std::size_t(batch * per_row), -1);
  auto const same = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, one, per_row));
  CHECK(same.pools[1].ids == std::vector<idx>{199});
  matrix<float> copies(per_row, dim);
  for (idx j = 0; j < per_row; ++j) copies.row(j) = table.row(199);
  auto const shared = f.value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(copies)));
  CHECK(same.value == Approx(shared.value).epsilon(1e-6));
  CHECK((same.pools[1] - shared.pools[1].colwise().sum()).cwiseAbs().maxCoeff() < 1e-6);

  auto const plain = f.value_and_grad(q, pool::in_batch(k));
  auto const nobody = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, none, per_row));
  CHECK((nobody.value == plain.value && nobody.anchors == plain.anchors));
  CHECK((nobody.pools[1].sparse() && nobody.pools[1].rows() == 0 && nobody.pools[1].cols() == dim && nobody.pools[1].table_rows == length));
  CHECK((nobody.pools[1].dense() == matrix<float>::Zero(length, dim)));
  matrix<float> const empty(0, dim);
  auto const no_table = f.value_and_grad(q, pool::in_batch(k), pool::listed(empty, none, per_row));
  CHECK((no_table.value == plain.value && no_table.pools[1].table_rows == 0 && no_table.pools[1].dense().rows() == 0));
  std::vector<idx> const no_ids;
  auto const no_rows = f.value_and_grad(empty, pool::in_batch(empty), pool::listed(table, no_ids, per_row));
  CHECK((no_rows.value == 0 && no_rows.pools[1].rows() == 0 && no_rows.pools[1].table_rows == length));

  auto const ids = lists();
  auto const all = f.value_and_grad(q, pool::own(hard, 2), pool::listed(table, ids, per_row), pool::trained(pool::bank(table)),
                                    pool::in_batch(k), pool::listed(table, one, per_row));
  CHECK((all.pools[0].rows() == 2 * batch && !all.pools[0].sparse()));
  CHECK(all.pools[1].ids == ascending(ids));
  CHECK((all.pools[2].rows() == length && !all.pools[2].sparse()));
  CHECK(all.pools[4].ids == std::vector<idx>{199});
  auto frozen = pool::listed(table, ids, per_row);
  frozen.trains = false;
  auto const still = f.value_and_grad(q, pool::in_batch(k), frozen);
  CHECK((still.pools[1].size() == 0 && !still.pools[1].sparse() && still.pools[1].ids.empty()));
  std::vector<idx> const wild(std::size_t(batch * per_row), idx(1) << 50);  // nobody looks at them
  auto const left_out = f.value_and_grad(q, pool::in_batch(k), pool::optional(false, pool::listed(table, wild, per_row)));
  CHECK((left_out.value == plain.value && left_out.pools[1].size() == 0));
}

TEST_CASE("listed: results written into earlier ones, whatever those held", "[pool]") {
  auto const q = normal_rows<float>(batch, dim, 1), k = normal_rows<float>(batch, dim, 2), table = normal_rows<float>(length, dim, 3);
  auto const ids = lists(), others = lists(batch, 8);
  objective const f{loss::info_nce{.temperature = 0.3}};
  outcome<float> r;
  auto const check = [&](auto const&... pools) {
    f.value_and_grad_into(r, q, pools...);
    auto const want = f.value_and_grad(q, pools...);
    CHECK((same_bits(r, want) && r.pools.size() == want.pools.size()));
    for (std::size_t n = 0; n < want.pools.size(); ++n)
      CHECK((r.pools[n].ids == want.pools[n].ids && r.pools[n].table_rows == want.pools[n].table_rows));
  };
  auto const some = pool::listed(table, ids, per_row), more = pool::listed(table, others, per_row);
  auto const bank = pool::trained(pool::bank(table));
  check(pool::in_batch(k), some);
  float const* const memory = r.pools[1].data();
  check(pool::in_batch(k), some);
  CHECK(r.pools[1].data() == memory);
  check(pool::in_batch(k), bank);
  check(some, pool::in_batch(k));
  check(pool::in_batch(k), more, some);
  check(pool::in_batch(k), pool::bank(table));
  // The list may be the result's own: it is read before anything is written.
  f.value_and_grad_into(r, q, pool::in_batch(k), more);
  std::vector<idx> cycle = r.pools[1].ids;
  cycle.resize(std::size_t(batch), -1);
  auto const want = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, cycle, 1));
  r.pools[1].ids.resize(std::size_t(batch), -1);
  f.value_and_grad_into(r, q, pool::in_batch(k), pool::listed(table, r.pools[1].ids, 1));
  CHECK((same_bits(r, want) && r.pools[1].ids == want.pools[1].ids));
  CHECK(says(refusal([&] { f.value_and_grad_into(r, q, pool::in_batch(k), pool::listed(r.pools[1], ids, per_row)); }), {"outside"}));
  std::vector<idx> const firsts(std::size_t(batch), 0);
  CHECK(says(refusal([&] { f.value_and_grad_into(r, q, pool::in_batch(k), pool::listed(r.pools[1], firsts, 1)); }), {"also an input"}));
}

TEST_CASE("listed: gradients against differences, of weights too, in row numbers of the table", "[pool]") {
  auto const q = normal_rows<double>(batch, dim, 1), k = normal_rows<double>(batch, dim, 2), table = normal_rows<double>(length, dim, 3);
  auto const ids = lists();
  gradient_check_options const all{.numbers = 4000};
  auto const pool = pool::listed(table, ids, per_row);
  auto const c = check_gradient(objective{loss::info_nce{.temperature = 0.3}}, all, q, pool::in_batch(k), pool);
  CHECK(c.error < 1e-6);
  CHECK(c.checked == 2 * batch * dim + idx(ascending(ids).size()) * dim);
  CHECK(check_gradient(objective{loss::info_nce{.temperature = 0.9}, similarity::neg_l2{}}, q, pool::in_batch(k), pool).error < 1e-6);
  // A row that is far shorter than the step has no differences: it is the worst, by its number in the table.
  auto tiny = table;
  tiny.row(199) *= 1e-9;
  std::vector<idx> some = ids;
  some[5] = 199;
  auto const worst =
      check_gradient(objective{loss::info_nce{.temperature = 0.3}}, all, q, pool::in_batch(k), pool::listed(tiny, some, per_row));
  CHECK((worst.error > 0.1 && worst.matrix == 1 && worst.row == 199));

  auto const weight = matrix<double>(normal_rows<double>(batch, per_row, 5).cwiseAbs());
  auto const run = [&](matrix<double> const& w, auto const& pool_of) {
    return objective{loss::info_nce{.temperature = 0.3}}.value_and_grad(q, pool::in_batch(k), pool_of(bias::weights<double>(as_view(w))));
  };
  auto const listed = [&](auto w) { return pool::weight_gradient(pool::listed(table, ids, per_row, roles::all_negative{}, w)); };
  auto const r = run(weight, listed);
  REQUIRE((r.weights[1].rows() == batch && r.weights[1].cols() == per_row));
  for (idx i = 0; i < batch; i += 7)
    for (idx j = 0; j < per_row; ++j) {
      auto up = weight, down = weight;
      up(i, j) += 1e-6, down(i, j) -= 1e-6;
      double const slope = (run(up, listed).value - run(down, listed).value) / 2e-6;
      CHECK(r.weights[1](i, j) == Approx(slope).margin(1e-8));
    }
}

TEST_CASE("listed: gradient caches, nested prefixes and index triplets add up what is sparse", "[pool]") {
  auto const q = normal_rows<double>(batch, dim, 1), k = normal_rows<double>(batch, dim, 2), table = normal_rows<double>(length, dim, 3);
  auto const ids = lists();
  objective const f{loss::info_nce{.temperature = 0.3}};
  auto const whole = f.value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row));
  for (idx chunk : {1, 7, 1000}) {
    matrix<double> dq = matrix<double>::Zero(batch, dim), dk = dq, dt = matrix<double>::Constant(length, dim, 7);
    auto const side = [](matrix<double> const& x, matrix<double>& g) {
      return tower(
          x.rows(), [&x](idx first, idx count) { return matrix<double>(x.middleRows(first, count)); },
          [&g](idx first, view<double> part) {
            for (idx i = 0; i < part.rows(); ++i)
              for (idx j = 0; j < part.cols(); ++j) g(first + i, j) = part(i, j);
          });
    };
    grad_cache<double>(
        chunk,
        [&](auto const& a, auto const& b, auto const& c) { return f.value_and_grad(a, pool::in_batch(b), pool::listed(c, ids, per_row)); },
        side(q, dq), side(k, dk), side(table, dt));
    CHECK((dq == whole.anchors && dk == whole.pools[0] && dt == whole.pools[1].dense()));
  }

  std::vector<idx> const dims{5, dim};
  std::vector<double> const shares{0.25, 2};
  auto const nested = matryoshka(f, dims, shares, q, pool::in_batch(k), pool::listed(table, ids, per_row));
  CHECK((nested.pools[1].ids == whole.pools[1].ids && nested.pools[1].table_rows == length));
  matrix<double> const front = table.leftCols(5), qf = q.leftCols(5), kf = k.leftCols(5);
  matrix<double> want = 2 * whole.pools[1].dense();
  want.leftCols(5) += 0.25 * f.value_and_grad(qf, pool::in_batch(kf), pool::listed(front, ids, per_row)).pools[1].dense();
  CHECK((nested.pools[1].dense() - want).cwiseAbs().maxCoeff() < 1e-13);

  mining::index_triplets t;
  t.anchors = {0, 0, 3}, t.positives = {150, 7, 150}, t.negatives = {7, 199, 0};
  auto const members = mining::on_triplets(objective{loss::info_nce{.temperature = 0.3}}, q, t, table);
  REQUIRE((members.pools.size() == 1 && members.pools[0].rows() == length && !members.pools[0].sparse()));
  for (idx i = 0; i < length; ++i) {
    bool const in = i == 0 || i == 7 || i == 150 || i == 199;
    CHECK((members.pools[0].row(i).cwiseAbs().maxCoeff() > 0) == in);
  }
}

TEST_CASE("pool_gradient: added to tables of their shape, to others not; as a matrix it is one", "[pool]") {
  auto const q = normal_rows<float>(batch, dim, 1), k = normal_rows<float>(batch, dim, 2), table = normal_rows<float>(length, dim, 3);
  auto const ids = lists();
  auto r = objective{loss::info_nce{.temperature = 0.3}}.value_and_grad(q, pool::in_batch(k), pool::listed(table, ids, per_row));
  auto const& g = r.pools[1];
  matrix<float> moved = table;
  g.add_to(moved, -0.5f);
  matrix<float> const want = table - 0.5f * g.dense();
  CHECK(moved == want);
  matrix<float> wide = matrix<float>::Zero(length + 2, dim + 3);
  g.add_to(wide.block(1, 2, length, dim));
  CHECK(matrix<float>(wide.block(1, 2, length, dim)) == g.dense());
  CHECK(wide.cwiseAbs().sum() == Approx(g.cwiseAbs().sum()));
  matrix<double> doubles = matrix<double>::Zero(length, dim);
  g.add_to(doubles);
  CHECK(doubles == matrix<double>(g.dense().cast<double>()));
  matrix<float> keys = k;
  r.pools[0].add_to(keys, -1);  // of a pool with a row for each candidate
  CHECK(keys == matrix<float>(k - r.pools[0]));
  CHECK(r.pools[0].dense() == r.pools[0]);

  matrix<float> other(length, dim + 1), shorter(length - 1, dim);
  other.setZero(), shorter.setZero();
  CHECK(says(refusal([&] { g.add_to(other); }), {"pool_gradient::add_to", "[200, 19]", "argument table", "[200, 20]"}));
  CHECK(says(refusal([&] { g.add_to(shorter); }), {"pool_gradient::add_to", "[199, 19]"}));
  CHECK(says(refusal([&] { g.add_to(moved, quiet_nan<float>()); }), {"pool_gradient::add_to", "factor"}));
  matrix<Eigen::half> narrow = table.cast<Eigen::half>();
  matrix<Eigen::half> const before = narrow;
  CHECK(says(refusal([&] { g.add_to(narrow, 1e30f); }), {"pool_gradient::add_to", "row"}));
  CHECK(std::memcmp(narrow.data(), before.data(), sizeof(Eigen::half) * std::size_t(narrow.size())) == 0);

  pool_gradient<float> copy = g;
  CHECK((copy.ids == g.ids && copy == g));
  copy *= 2.0f;
  CHECK((copy.sparse() && copy.dense() == matrix<float>(2.0f * g.dense())));
  copy = 0.5f * table;  // from now on another matrix
  CHECK((!copy.sparse() && copy.ids.empty() && copy.rows() == length));
  copy = matrix<float>(table);
  CHECK((!copy.sparse() && copy == table));
  matrix<float> const plain = r.pools[0] + 2.0f * r.pools[0];
  CHECK(plain.rows() == batch);
}
