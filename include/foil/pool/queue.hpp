// SPDX-License-Identifier: BSD-3-Clause
// A memory of the last rows: a ring buffer that owns what pool::bank views (MoCo's queue, XBM's memory).
#pragma once

#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/representable.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// Rows of length dim, at most `capacity` of them, the oldest overwritten first:
///   foil::pool::queue<float> memory(65536, dim);
///   memory.push(keys);                                        // after the step (MoCo), or before it (XBM)
///   objective.value_and_grad(q, pool::in_batch(k), pool::bank(memory.rows()));
/// Slots fill in order and wrap; only written ones are readable. The capacity need not be a multiple of the
/// batch. Pushing a batch of 2b equals pushing its halves; of a batch longer than the capacity the last rows
/// stay. Copies are independent. Memory: capacity * dim numbers, taken at construction, so views stay valid
/// across pushes.
template <Storage T>
class queue {
 public:
  queue(idx capacity, idx dim) : capacity_(capacity), dim_(dim) {
    require(capacity >= 1, "pool::queue: argument capacity must be at least 1, got ", capacity);
    require(dim >= 0, "pool::queue: argument dim must not be negative, got ", dim);
    require(!beyond_memory<T>(capacity, dim) && !beyond_memory(capacity, idx(sizeof(idx))), "pool::queue: ", capacity, " rows of dim ", dim,
            " are more than memory can hold");
    data_.resize(std::size_t(capacity * dim));
    ids_.resize(std::size_t(capacity), -1);
  }

  /// batch: [b, dim], copied (and converted) to slots pointer() .. modulo the capacity. ids: one for each
  /// row, or none. Refuses rows with a NaN, an infinity or a number that T cannot hold, so that one bad batch
  /// spoils none of the later steps. The batch may be rows of this queue. O(b dim).
  template <class M>
  void push(M const& batch, id_argument ids = {}) {
    auto x = as_view(batch);
    require(x.cols() == dim_, "pool::queue::push: rows are of dim ", dim_, ", the batch holds rows of dim ", x.cols());
    require(ids.empty() || ids.size() == x.rows(), "pool::queue::push: one id for each of the ", x.rows(), " rows is needed, or none, got ",
            ids.size());
    require_finite(x, "pool::queue::push", "batch");
    require_representable<T>(x, "pool::queue::push", "batch");
    std::vector<T> copy;  // the queue's own rows and ids may be what is pushed: they are read before slots change
    if constexpr (std::same_as<typename decltype(x)::Scalar, T>)
      if (x.overlaps(data_.data(), data_.data() + data_.size())) {
        for (idx i = 0; i < x.rows(); ++i) copy.insert(copy.end(), x.row(i), x.row(i) + dim_);
        x = {copy.data(), x.rows(), dim_, dim_};
      }
    std::vector<idx> given(std::size_t(ids.size()));
    for (idx i = 0; i < ids.size(); ++i) given[std::size_t(i)] = ids[i];
    written_.assign(std::size_t(x.rows()), -1);
    idx const skipped = (std::max)(idx(0), x.rows() - capacity_);
    for (idx i = 0; i < x.rows(); ++i) {
      idx const slot = (pointer_ + i) % capacity_;
      if (i < skipped) continue;
      for (idx j = 0; j < dim_; ++j) data_[std::size_t(slot * dim_ + j)] = rounded_to<T>(x(i, j));
      ids_[std::size_t(slot)] = given.empty() ? -1 : given[std::size_t(i)];
      written_[std::size_t(i)] = slot;
    }
    filled_ = filled_ || pointer_ + x.rows() >= capacity_;
    pointer_ = (pointer_ + x.rows()) % capacity_;
  }

  /// The readable rows, slot by slot: [size(), dim].
  view<T> rows() const { return {data_.data(), size(), dim_, dim_}; }
  /// The ids of the readable rows, -1 where a batch came without.
  id_list ids() const { return std::span<idx const>(ids_.data(), std::size_t(size())); }
  idx size() const { return filled_ ? capacity_ : pointer_; }
  idx capacity() const { return capacity_; }
  idx dim() const { return dim_; }
  idx pointer() const { return pointer_; }  ///< the slot that the next row goes to
  bool filled() const { return filled_; }

  /// Where each row of the last batch stands, -1 for rows that a longer batch pushed out at once. In use
  /// before the step (XBM) row i must not meet its own copy. With labels that copy is a positive, which no bias drops
  /// (biases act on negatives); the roles leave it out:
  ///   memory.push(z, labels);
  ///   objective.value_and_grad(z, pool::bank(memory.rows(),
  ///                                          roles::by_label(labels, memory.ids()).except(memory.written())));
  /// Without labels it is a negative, and bias::same_id or bias::mask will do.
  std::vector<idx> const& written() const { return written_; }

  /// Forgets everything; the capacity stays.
  void clear() {
    pointer_ = 0, filled_ = false;
    written_.clear();
  }

 private:
  idx capacity_, dim_, pointer_ = 0;
  bool filled_ = false;
  std::vector<T> data_;
  std::vector<idx> ids_, written_;
};

}}  // namespace foil::pool
