// SPDX-License-Identifier: BSD-3-Clause
// Batches made of whole clusters, so that a batch is its own source of hard negatives (NGAME).
#pragma once

#include <utility>

#include "foil/core/id_lists.hpp"
#include "foil/core/id_set.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `cluster_batches` returns.
struct cluster_batching {
  std::vector<idx> order;  ///< all rows, cluster after cluster
  id_lists batches;        ///< rows of each batch
};

/// Clusters in the order of `permutation`, members as stored, cut into consecutive batches. A cluster may
/// straddle two batches; the last batch may be short, or is dropped. Clusters of one row make it a plain
/// shuffle. O(n); the time goes to the rows, written one by one and once more by batches.
inline cluster_batching cluster_batches(ragged clusters, id_list permutation, idx batch_size, bool drop_last = false) {
  check_lists(clusters, "cluster_batches");
  require(batch_size >= 1, "cluster_batches: argument batch_size must be at least 1, got ", batch_size);
  require(permutation.size() == clusters.rows(), "cluster_batches: a permutation of the ", clusters.rows(), " clusters is needed, got ",
          permutation.size());
  cluster_batching r;
  r.order.reserve(std::size_t(clusters.ids.size())), r.batches.values.reserve(std::size_t(clusters.ids.size()));
  std::vector<char> named(std::size_t(clusters.rows()), 0);
  for (idx t = 0; t < permutation.size(); ++t) {
    idx const c = permutation[t];
    require(c >= 0 && c < clusters.rows(), "cluster_batches: cluster ", c, " is outside 0 .. ", clusters.rows() - 1);
    require(!std::exchange(named[std::size_t(c)], 1), "cluster_batches: argument permutation names cluster ", c, " twice");
    for (idx p = clusters.begin(c); p < clusters.end(c); ++p) r.order.push_back(clusters.ids[p]);
  }
  auto const n = idx(r.order.size());
  for (idx i = 0; i < n && (!drop_last || i + batch_size <= n); i += batch_size)
    r.batches.append(std::span<idx const>(r.order).subspan(std::size_t(i), std::size_t((std::min)(batch_size, n - i))));
  return r;
}

/// The same in a random order of clusters: give it random_stream(seed, purpose::batch, epoch).
inline cluster_batching cluster_batches(ragged clusters, random_stream draw, idx batch_size, bool drop_last = false) {
  check_lists(clusters, "cluster_batches");
  std::vector<idx> const order = permutation(clusters.rows(), draw);
  return cluster_batches(clusters, order, batch_size, drop_last);
}

/// One label of each row, uniformly; -1 for a row without. Keyed by row. O(rows); the time goes to a stream for each.
inline std::vector<idx> sample_labels(ragged labels, std::uint64_t seed, std::uint32_t epoch) {
  check_lists(labels, "sample_labels");
  std::vector<idx> chosen;
  chosen.reserve(std::size_t(labels.rows()));
  for (idx i = 0; i < labels.rows(); ++i) {
    idx const count = labels.end(i) - labels.begin(i);
    random_stream draw(seed, purpose::batch, epoch, std::uint64_t(i) + 1);
    chosen.push_back(count > 0 ? labels.ids[labels.begin(i) + draw.below(count)] : -1);
  }
  return chosen;
}

/// [B, B] flags over a batch: 1 where row j's sampled label is one of row i's labels; everything else is a
/// negative. O(B^2) bytes, and O((B + labels) log B) and a step for each 1; the time goes to those.
inline std::vector<unsigned char> label_mask(id_argument batch, id_argument sampled, ragged labels) {
  check_lists(labels, "label_mask");
  require(sampled.size() == labels.rows(), "label_mask: one sampled label for each of the ", labels.rows(), " rows is needed, got ",
          sampled.size());
  for (idx a = 0; a < batch.size(); ++a)
    require(batch[a] >= 0 && batch[a] < labels.rows(), "label_mask: row ", batch[a], " of the batch is outside 0 .. ", labels.rows() - 1);
  idx const n = batch.size();
  std::vector<unsigned char> mask(std::size_t(n * n), 0);
  std::vector<idx> drawn(static_cast<std::size_t>(n));
  for (idx b = 0; b < n; ++b) drawn[std::size_t(b)] = sampled[batch[b]];  // -1: none, which is in no list
  id_places const places(drawn);
  for (idx a = 0; a < n; ++a)
    for (idx p = labels.begin(batch[a]); p < labels.end(batch[a]); ++p)
      for (idx const b : places.of(labels.ids[p])) mask[std::size_t(a * n + b)] = 1;
  return mask;
}

/// When clusters are rebuilt and how large they are: plain shuffling first, then larger and larger clusters.
struct cluster_schedule {
  static constexpr char const* name = "cluster_schedule";
  idx initial_size = 1;                                                ///< >= 1; rows of a cluster at first
  idx refresh_every = 5;                                               ///< >= 1; epochs between two clusterings
  std::vector<idx> double_at{10, 20, 25, 50, 75, 100, 125, 150, 200};  ///< ascending; doubles at the end of epoch c - 1

  struct plan {
    std::vector<idx> size;               ///< in force during the epoch
    std::vector<unsigned char> rebuilt;  ///< at the beginning of the epoch
  };
  static void options(auto list) {
    list("initial_size", &cluster_schedule::initial_size, range::at_least(1));
    list("refresh_every", &cluster_schedule::refresh_every, range::at_least(1));
  }
  void check() const { require(std::is_sorted(double_at.begin(), double_at.end()), "cluster_schedule: double_at must ascend"); }
  /// Clusters are rebuilt at epochs from double_at[0] on that refresh_every divides; doubling acts at the
  /// next rebuild.
  plan over_epochs(idx epochs) const {
    check_options(*this);
    check_length("cluster_schedule", "epochs", epochs);
    plan p;
    idx target = initial_size, current = initial_size;
    for (idx e = 0; e < epochs; ++e) {
      for (idx c : double_at) target *= c == e && target < idx(1) << 62 ? 2 : 1;
      bool const rebuild = !double_at.empty() && e >= double_at.front() && e % refresh_every == 0;
      if (rebuild) current = target;
      p.size.push_back(current), p.rebuilt.push_back(rebuild);
    }
    return p;
  }
};

}}  // namespace foil::mining
