// SPDX-License-Identifier: BSD-3-Clause
// foil::mine_in_blocks: foil::mine over a corpus that memory does not hold.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "foil/mine/block_ranking.hpp"
#include "foil/mine/candidate_blocks.hpp"
#include "foil/mine/mine.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Refuses a pool that is not one of the rows of the blocks.
template <class P>
void require_rows_of(char const* where, P const& pool, candidate_blocks<typename P::storage> const& blocks, metric kind, bad_rows bad) {
  auto const all = blocks.all();
  require(pool.kind == pool::layout::shared && pool.data.start == all.start && pool.data.rows() == all.rows() &&
              pool.columns == pool.data.rows() && pool.data.cols() == all.cols() && pool.data.stride() == all.stride() && !pool.is_self,
          where, ": the pool must hold the rows of the blocks: pool::bank(blocks.all(), roles, filters...)");
  if constexpr (std::same_as<typename P::storage, std::int8_t>)
    require(pool.data.scales == all.scales, where, ": the rows of the pool and those of the blocks have different scales");
  require(blocks.kind().unit == kind.unit && blocks.kind().distance == kind.distance, where,
          ": the blocks were looked at for another similarity");
  require(blocks.bad() == bad, where, ": bad_rows must be that of the blocks");
}

/// Who ranks the candidates of blocks, at least one, for a pool of them. All but the similarity must outlive it.
template <Scalar S, class P, class Sim>
class ranker_in_blocks {
 public:
  using blocks = candidate_blocks<typename P::storage>;
  ranker_in_blocks(P const& pool, blocks const& candidates, Sim const& similarity, engine::source<S> const& anchors, char const* where)
      : blocks_(candidates) {
    for (idx b = 0; b < blocks_.size(); ++b) {
      auto one = std::make_unique<engine::pool_access_of<S, P, Sim>>(pool, similarity);
      one->anchors = &anchors, one->candidates = &blocks_[b], one->columns = blocks_.rows(b), one->caller = where;
      pools_.push_back(std::move(one));
    }
  }
  /// This must outlive what is returned.
  std::unique_ptr<ranker<S>> start(executor const& on, ticker& tick) const {
    std::vector<engine::pool_access<S> const*> each;
    for (auto const& pool : pools_) each.push_back(pool.get());
    return std::make_unique<block_ranking<S, blocks>>(blocks_, std::move(each), on, tick);
  }

 private:
  blocks const& blocks_;
  std::vector<std::unique_ptr<engine::pool_access<S>>> pools_;
};

}}  // namespace foil::mining
namespace foil { inline namespace FOIL_ABI {

/// foil::mine, bit for bit, for any length of the blocks (but exact_rows, which are counted in every block, and screening). The pool is
/// pool::bank(blocks.all(), roles, filters...); one `blocks` serves any number of calls.
///   bridge::npy_file const file("corpus.npy");
///   bridge::mapped_rows const pages(file.rows<float>());
///   candidate_blocks<float> const blocks(file.rows<float>(), similarity::cosine::kind, 1 << 20, bad_rows::refuse, threads(8), &pages);
///   auto hard = mine_in_blocks(q, pool::bank(blocks.all(), roles::listed(offsets, ids)), blocks, {.negatives = 20});
/// For every 4,096 anchors, or 512 for each worker if there are more than 8 (fewer where their windows would hold more than 2^24 ranks;
/// those whose depths differ eightfold apart), the blocks are read in sequence, each once, and once more for each time that filters leave
/// rows short. Read by themselves are rows of positives, those that a shortage policy tries, and what filters look at (near_duplicate,
/// guide).
/// Cost: foil::mine's; what a list takes in and what it orders is done in every block, so blocks should hold many times its depth.
template <Similarity Sim = similarity::cosine, class A, class P>
auto mine_in_blocks(A const& anchors, P const& pool, candidate_blocks<typename P::storage> const& blocks, mine_options const& options = {},
                    Sim similarity = {}) {
  using T = typename P::storage;
  using S = arithmetic<typename A::Scalar>;
  static_assert(std::same_as<S, arithmetic<T>>,
                "foil: anchors and pool must compute in one scalar type (both float or half, or both double)");
  auto const x = as_view(anchors);
  char const* const where = "mine_in_blocks";
  mining::require_rows_of(where, pool, blocks, Sim::kind, options.bad_rows);
  require(blocks.size() > 0, where, ": the pool holds no candidates");
  idx const ids = mining::checked<S>(pool, x.cols(), x.rows(), options, where), slots = mining::slots_of(options, pool.columns, where);
  call_executor const started(options.executor);
  mine_options own = options;
  own.executor = started.get();
  engine::source_of<S, typename A::Scalar> const rows(x, Sim::kind, options.bad_rows == bad_rows::skip, where, "anchors", 0, own.executor);
  engine::source_of<S, T> absent(view<T>{});  // of the whole corpus only the rows that are no numbers are counted
  absent.bad_rows = blocks.bad_count();
  engine::pool_access_of<S, P, Sim> whole(pool, similarity);
  whole.anchors = &rows, whole.candidates = &absent, whole.caller = where;
  mining::ranker_in_blocks<S, P, Sim> const by_block(pool, blocks, similarity, rows, where);
  return mining::miner<S, P>(whole, pool, x.rows(), ids, slots, own, own.executor.workers,
                             [&](mining::ticker& tick) { return by_block.start(own.executor, tick); })
      .run();
}

}}  // namespace foil
