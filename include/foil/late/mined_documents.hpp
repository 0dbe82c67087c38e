// SPDX-License-Identifier: BSD-3-Clause
// What an index over documents is made with, what it is asked for, and what it finds.
#pragma once

#include "foil/core/executor.hpp"
#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/retrieve/retrieved.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// How the index groups tokens; whatever it is, searches find the same documents.
struct index_options {
  static constexpr char const* name = "document_index";
  bool normalize = true;      ///< tokens of documents and queries are scaled to length 1 first
  idx centroids = 0;          ///< >= 0; 0: twice the root of the tokens; more make the bound tighter and the index dearer
  std::uint64_t seed = 0;     ///< any; of the sample that centroids come from; of no effect on what is found
  foil::executor executor{};  ///< foil::threads(n) for n threads, while the index is built
  static void options(auto list) {
    using o = index_options;
    list("centroids", &o::centroids, range::whole{0, idx(1) << 30});
    list("executor", &o::executor);
  }
};

/// Options of document_index::mine.
struct query_options {
  static constexpr char const* name = "document_index::mine";
  idx k = 100;                ///< >= 0; documents of each query, at most all
  ragged exclude{};           ///< of each query the documents that are never returned, its positives; none: of nobody
  foil::executor executor{};  ///< foil::threads(n) for n threads
  static void options(auto list) { list("k", &query_options::k, range::at_least(0)), list("executor", &query_options::executor); }
};

/// The documents of each query, best first, and what finding them took.
struct mined_documents : mining::retrieved {
  idx scored = 0;     ///< pairs of query and document whose tokens were multiplied; all others were ruled out by the bound
  idx canonical = 0;  ///< those among them that were scored canonically
  using mining::retrieved::retrieved;
};

}}  // namespace foil::late
