// SPDX-License-Identifier: BSD-3-Clause
// foil::mine_in_blocks: foil::mine over a corpus that memory does not hold.
#pragma once

#include "foil/mine/block_ranking.hpp"
#include "foil/mine/candidate_blocks.hpp"
#include "foil/mine/mine.hpp"

namespace foil { inline namespace FOIL_ABI {

/// foil::mine, bit for bit, for any length of the blocks (but exact_rows, which are counted in every block, and screening). The pool is
/// pool::bank(blocks.all(), roles, filters...); one `blocks` serves any number of calls.
///   bridge::npy_file const file("corpus.npy");
///   bridge::mapped_rows const pages(file.rows<float>());
///   candidate_blocks<float> const blocks(file.rows<float>(), similarity::cosine::kind, 1 << 20, bad_rows::refuse, threads(8), &pages);
///   auto hard = mine_in_blocks(q, pool::bank(blocks.all(), roles::listed(offsets, ids)), blocks, {.negatives = 20});
/// For every 4,096 anchors (fewer where windows are deeper than 4,096 ranks; those whose depths differ eightfold apart) the blocks are
/// read in sequence, each once, and once more for each time that filters leave rows short. Read by
/// themselves are rows of positives, those that a shortage policy tries, and what filters look at (near_duplicate, guide).
/// Cost: foil::mine's; what a list takes in and what it orders is done in every block, so blocks should hold many times its depth.
template <Similarity Sim = similarity::cosine, class A, class P>
auto mine_in_blocks(A const& anchors, P const& pool, candidate_blocks<typename P::storage> const& blocks, mine_options const& options = {},
                    Sim similarity = {}) {
  using T = typename P::storage;
  using S = arithmetic<typename A::Scalar>;
  static_assert(std::same_as<S, arithmetic<T>>,
                "foil: anchors and pool must compute in one scalar type (both float or half, or both double)");
  auto const x = as_view(anchors);
  require(pool.kind == pool::layout::shared && pool.columns > 0 && pool.data.start == blocks.all().start &&
              pool.data.rows() == blocks.all().rows() && pool.columns == pool.data.rows() && pool.data.cols() == blocks.all().cols() &&
              pool.data.stride() == blocks.all().stride() && !pool.is_self,
          "mine_in_blocks: the pool must hold the rows of the blocks, at least one: pool::bank(blocks.all(), roles, filters...)");
  if constexpr (std::same_as<T, std::int8_t>)
    require(pool.data.scales == blocks.all().scales, "mine_in_blocks: the rows of the pool and those of the blocks have different scales");
  require(blocks.kind().unit == Sim::kind.unit && blocks.kind().distance == Sim::kind.distance,
          "mine_in_blocks: the blocks were looked at for another similarity");
  require(blocks.bad() == options.bad_rows, "mine_in_blocks: bad_rows must be that of the blocks");
  idx const ids = mining::checked<S>(pool, x.cols(), x.rows(), options), slots = mining::slots_of(options, pool.columns);
  call_executor const started(options.executor);
  mine_options own = options;
  own.executor = started.get();
  engine::source_of<S, typename A::Scalar> const rows(x, Sim::kind, options.bad_rows == bad_rows::skip, "mine", "anchors", 0, own.executor);
  engine::source_of<S, T> absent(view<T>{});  // of the whole corpus only the rows that are no numbers are counted
  absent.bad_rows = blocks.bad_count();
  using access = engine::pool_access_of<S, P, Sim>;
  auto const with = [&](engine::source<S> const& candidates, idx columns) {
    auto one = std::make_unique<access>(pool, similarity);
    one->anchors = &rows, one->candidates = &candidates, one->columns = columns, one->caller = "mine";
    return one;
  };
  std::vector<std::unique_ptr<access>> pools;
  std::vector<engine::pool_access<S> const*> each;
  for (idx b = 0; b < blocks.size(); ++b) pools.push_back(with(blocks[b], blocks.rows(b))), each.push_back(pools.back().get());
  auto const whole = with(absent, pool.columns);
  return mining::miner<S, P>(*whole, pool, x.rows(), ids, slots, own,
                             [&](mining::ticker& tick) {
                               return std::make_unique<mining::block_ranking<S, candidate_blocks<T>>>(blocks, each, own.executor, tick);
                             })
      .run();
}

}}  // namespace foil
