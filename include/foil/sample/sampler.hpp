// SPDX-License-Identifier: BSD-3-Clause
// Samplers: which of the candidates that passed the filters become a row's negatives.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "foil/sample/gumbel.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Required: choose(scores, k, stream), at most k different places among a row's n survivors (0 .. n - 1, in any order). Scores are
/// finite and come hardest first; it is asked only where n > k. The same stream must give the same places.
/// Optional: `static constexpr foil::purpose draws_for`, the purpose of its stream (purpose::sample); options(list) and
/// check(), see check_options.
template <class P>
concept Sampler = requires(P const& p, real_span scores, idx k, random_stream& stream) {
  { p.choose(scores, k, stream) } -> std::convertible_to<std::vector<idx>>;
};

namespace sampling {

/// The k hardest.
struct top {
  std::vector<idx> choose(real_span, idx k, random_stream&) const {
    std::vector<idx> first;
    for (idx place = 0; place < k; ++place) first.push_back(place);
    return first;
  }
};
/// k without replacement, all survivors alike. O(k), beyond a thirty-second of them O(n); the time goes to a table of places.
struct uniform {
  std::vector<idx> choose(real_span scores, idx k, random_stream& stream) const { return mining::uniform_subset(scores.size(), k, stream); }
};
/// k without replacement, successively in proportion to e^(score / temperature): Gumbel top-k.
struct softmax {
  static constexpr purpose draws_for = purpose::gumbel;
  double temperature = 1;  ///< > 0; small: nearly the hardest, large: nearly uniform
  static void options(auto list) { list("temperature", &softmax::temperature, range::temperature); }

  std::vector<idx> choose(real_span scores, idx k, random_stream& stream) const {
    return mining::gumbel_top_k(scores, k, temperature, stream).selected;
  }
};

}  // namespace sampling

/// Holds any sampler, by value: a trivially copyable type of at most 32 bytes.
class sampler {
 public:
  sampler() : sampler(sampling::top{}) {}
  template <class P>
  requires(!std::same_as<std::remove_cvref_t<P>, sampler>) sampler(P const& policy) {
    static_assert(
        Sampler<P>,
        "foil: a sampler has std::vector<foil::idx> choose(foil::real_span scores, foil::idx k, foil::random_stream& stream) const");
    static_assert(std::is_trivially_copyable_v<P> && sizeof(P) <= sizeof(state_) && alignof(P) <= alignof(std::max_align_t),
                  "foil: a sampler is a small value of at most 32 bytes; let it hold pointers to what it needs");
    if constexpr (Sampler<P>) {
      ::new (static_cast<void*>(state_)) P(policy);
      choose_ = [](void const* p, real_span scores, idx k, random_stream& stream) -> std::vector<idx> {
        return static_cast<P const*>(p)->choose(scores, k, stream);
      };
      check_ = [](void const* p, char const* where) { check_options(where, *static_cast<P const*>(p)); };
      if constexpr (requires { P::draws_for; }) draws_for_ = P::draws_for;
      takes_hardest_ = std::same_as<P, sampling::top>;
    }
  }

  /// At most k of the places 0 .. n - 1, ascending. Refuses a sampler that gave another place, one twice, or too many.
  std::vector<idx> choose(real_span scores, idx k, random_stream stream, char const* where) const {
    std::vector<idx> places = choose_(state_, scores, k, stream);
    std::sort(places.begin(), places.end());
    bool const distinct = std::adjacent_find(places.begin(), places.end()) == places.end();
    require(distinct && idx(places.size()) <= k && (places.empty() || (places.front() >= 0 && places.back() < scores.size())), where,
            ": a sampler must choose at most ", k, " different places in 0 .. ", scores.size() - 1);
    return places;
  }
  void check(char const* where) const { check_(state_, where); }
  purpose draws_for() const { return draws_for_; }
  /// True for sampling::top: mining takes the first k itself and does not ask choose().
  bool takes_hardest() const { return takes_hardest_; }

 private:
  alignas(std::max_align_t) unsigned char state_[32] = {};
  std::vector<idx> (*choose_)(void const*, real_span, idx, random_stream&) = nullptr;
  void (*check_)(void const*, char const*) = nullptr;
  purpose draws_for_ = purpose::sample;
  bool takes_hardest_ = false;
};

}}  // namespace foil
