// SPDX-License-Identifier: BSD-3-Clause
// The inputs of a call as the engine takes them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "foil/engine/pool_access_of.hpp"
#include "foil/engine/problem.hpp"
#include "foil/engine/source_of.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Anchors first, then pools; what `problem` points to lives here.
template <Scalar S>
class opened_inputs {
 public:
  opened_inputs(char const* function, idx rows, execution const& how) : started_(how.executor) {
    problem.function = function, problem.rows = rows, problem.how = how, problem.how.executor = started_.get();
  }

  engine::problem<S> problem;

  template <Stored T>
  source<S>* open_anchors(view<T> v, metric kind, char const* name = "anchors") {
    problem.anchor_groups.push_back(open(v, kind, name, problem.how.products == precision::bf16));
    return sources_.back().get();
  }
  template <class P, class Sim>
  void open_pool(P const& pool, Sim similarity) {
    auto access = std::make_unique<pool_access_of<S, P, Sim>>(pool, similarity);
    bool const given = pool.kind == pool::layout::given;
    access->caller = problem.function;
    access->anchors = problem.anchor_groups.empty() ? nullptr : problem.anchor_groups[0];
    if (pool.own_anchors.rows() > 0) {
      access->own_anchors = int(problem.anchor_groups.size()) - 1;
      access->anchors = open_anchors(pool.own_anchors, Sim::kind, "own anchors");
    }
    bool const rounds = pool.kind == pool::layout::shared && problem.how.products == precision::bf16;
    access->in_bf16 = rounds;
    if (pool.kind == pool::layout::listed) {
      named_.push_back(std::make_unique<named_rows>(pool.absent ? id_list() : pool.ids, pool.data.rows()));
      auto const rows = std::make_shared<gathered_rows<typename P::storage>>(pool.data, *named_.back(), problem.how.executor);
      gathered_.push_back(rows);
      access->ids = named_.back()->places;
      access->candidates = open(rows->rows(), Sim::kind, "candidates", rounds, named_.back().get());
    } else {
      access->candidates = open(pool.data, given ? metric{} : Sim::kind, given ? "scores" : "candidates", rounds);
    }
    problem.weight_gradient.push_back(pool.weight_gradient);
    problem.pools.push_back(access.get());
    pools_.push_back(std::move(access));
  }
  idx columns() const {
    idx n = 0;
    for (pool_access<S> const* pool : problem.pools) n += pool->columns;
    return n;
  }

 private:
  call_executor started_;
  template <Stored T>
  source<S>* open(view<T> v, metric kind, char const* name, bool rounds, named_rows const* table = nullptr) {
    execution const& how = problem.how;
    sources_.push_back(std::make_unique<source_of<S, T>>(v, kind, how.bad_rows == bad_rows::skip, problem.function, name, how.budget / 4,
                                                         how.executor, rounds ? precision::bf16 : precision::full, table));
    return sources_.back().get();
  }

  std::vector<std::unique_ptr<named_rows const>> named_;
  std::vector<std::shared_ptr<void const>> gathered_;
  std::vector<std::unique_ptr<source<S>>> sources_;
  std::vector<std::unique_ptr<pool_access<S>>> pools_;
};

}}  // namespace foil::engine
