// SPDX-License-Identifier: BSD-3-Clause
// Candidates named by id in a long table, against the same rows in a matrix of their own, gathered before or by the step itself. The
// gradients of gathered rows are still to be added to the table; a listed pool's have their ids.
#include "foil/pool/listed.hpp"

#include <sys/mman.h>

#include "../contest.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/own.hpp"
#include "foil/similarity/dot.hpp"

namespace {

using namespace foil;

/// Rows that take memory once they are written to; others read as zeros.
class long_table {
 public:
  long_table(idx rows, idx dim) : bytes_(std::size_t(rows * dim) * sizeof(float)), rows_(rows), dim_(dim) {
    void* const at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(at != MAP_FAILED, "long_table: no room for ", bytes_, " bytes");
    data_ = static_cast<float*>(at);
  }
  ~long_table() { munmap(data_, bytes_); }
  long_table(long_table const&) = delete;
  Eigen::Map<matrix<float>> rows() const { return {data_, rows_, dim_}; }

 private:
  std::size_t bytes_;
  idx rows_, dim_;
  float* data_ = nullptr;
};

template <class Sim>
void race(bench::table& t, char const* name, Sim sim, idx batch, idx per_row, idx length, idx dim) {
  auto const q = bench::noise(batch, dim, 1), k = bench::noise(batch, dim, 2);
  matrix<float> gathered = bench::noise(batch * per_row, dim, 3);
  long_table const table(length, dim);
  random_stream draw(4, purpose::user);
  std::vector<idx> ids;
  for (idx i = 0; i < batch * per_row; ++i) {
    ids.push_back(draw.below(length));
    table.rows().row(ids.back()) = gathered.row(i);
  }
  for (idx i = 0; i < batch * per_row; ++i) gathered.row(i) = table.rows().row(ids[std::size_t(i)]);
  objective const f(loss::info_nce{}, sim);
  outcome<float> r, s;
  char size[64];
  std::snprintf(size, sizeof size, "B=%td x %td of %.0e, D=%td", batch, per_row, double(length), dim);
  t.cell(std::string(size) + ", " + name);
  for (bool const in_batch : {true, false}) {
    std::string const with = in_batch ? " and batch" : "";
    auto const run = [&f, &q, &k, in_batch](outcome<float>& to, auto const& pool) {
      in_batch ? f.value_and_grad_into(to, q, pool::in_batch(k), pool) : f.value_and_grad_into(to, q, pool::positives(k), pool);
    };
    t.add("gathered" + with, [&, run] { run(r, pool::own(gathered, per_row)); });
    t.add("listed" + with, [&, run] { run(s, pool::listed(table.rows(), ids, per_row)); });
    t.add("gathering first" + with, [&, run] {
      matrix<float> rows(batch * per_row, dim);
      for (idx i = 0; i < rows.rows(); ++i) rows.row(i) = table.rows().row(ids[std::size_t(i)]);
      run(r, pool::own(rows, per_row));
    });
  }
  t.race();
  t.at_most("lists and batch, rows gathered", "listed and batch", "gathered and batch", 1.3);
  t.at_most("", "listed and batch", "gathering first and batch", 0);
  t.at_most("", "listed", "gathered", 0);
  t.at_most("lists alone, gathering first", "listed", "gathering first", 1.3);
}

}  // namespace

int main(int, char** argv) {
  bench::table t("listed", argv);
  for (idx length : {1'000'000, 100'000'000}) {
    race(t, "cosine", similarity::cosine{}, 512, 4, length, 128);
    race(t, "dot", similarity::dot{}, 512, 4, length, 128);
    race(t, "dot", similarity::dot{}, 512, 4, length, 16);
  }
  race(t, "cosine", similarity::cosine{}, 4096, 16, 100'000'000, 64);
}
