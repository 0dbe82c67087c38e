// SPDX-License-Identifier: BSD-3-Clause
// Errors: one exception type, one cold exit, messages that name the argument, the shapes and the value.
#pragma once

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#if __cpp_exceptions
#include <stdexcept>
#else
#include <cstdio>
#include <cstdlib>
#endif

#include "foil/core/abi.hpp"

#if FOIL_EXCEPTIONS
namespace foil { inline namespace FOIL_ANY_BUILD {
/// Every refusal of foil. Checks come before anything is written; what is found on the way leaves a result empty. One type for all
/// flags: what one translation unit throws, another may catch, whatever each was compiled for.
struct [[gnu::visibility("default")]] error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
}}  // namespace foil
#endif

namespace foil { inline namespace FOIL_ABI {

#if FOIL_EXCEPTIONS
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string const& what) { throw error("foil: " + what); }
#else
/// Without exceptions: the user's hook FOIL_ON_ERROR(char const*) if defined, then abort.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string const& what) {
#if defined(FOIL_ON_ERROR)
  FOIL_ON_ERROR(("foil: " + what).c_str());
#else
  std::fprintf(stderr, "foil: %s\n", what.c_str());
#endif
  std::abort();
}
#endif

namespace detail {
/// One argument of a message. Not a template, and formatted only on failure, so that a `require` adds no code to its caller.
class part {
 public:
  part(char const* s) : kind_(kind::text), text_(s) {}
  part(std::string const& s) : part(s.c_str()) {}
  part(bool b) : part(b ? "true" : "false") {}
  template <std::signed_integral T>
  part(T n) : kind_(kind::whole), whole_(n) {}
  template <std::unsigned_integral T>
  part(T n) : kind_(kind::natural), natural_(n) {}
  part(float x) : kind_(kind::single), single_(x) {}
  part(double x) : kind_(kind::real), real_(x) {}

  void append_to(std::string& s) const {
    switch (kind_) {
      case kind::text: s += text_; break;
      case kind::whole: s += std::to_string(whole_); break;
      case kind::natural: s += std::to_string(natural_); break;
      case kind::single: append_number(s, single_); break;
      case kind::real: append_number(s, real_); break;
    }
  }

 private:
  /// As short as it reads back exactly (0.05, 1e-30), and never a locale's comma.
  template <class T>
  static void append_number(std::string& s, T x) {
    char out[32];
    s.append(out, std::to_chars(out, out + sizeof out, x).ptr);
  }
  enum class kind { text, whole, natural, single, real } kind_;
  union {
    char const* text_;
    long long whole_;
    unsigned long long natural_;
    float single_;
    double real_;
  };
};
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse(std::initializer_list<part> parts) {
  std::string what;
  for (part const& p : parts) p.append_to(what);
  fail(what);
}
}  // namespace detail

/// What a refusal says, without the name of the library: for messages that begin with another one.
inline std::string_view without_name(std::string_view what) {
  if (what.starts_with("foil: ")) what.remove_prefix(6);
  return what;
}

/// Checks a precondition on shapes or options; the message is built only on failure.
template <class... Parts>
inline void require(bool ok, Parts const&... parts) {
  if (ok) [[likely]]
    return;
  detail::refuse({detail::part(parts)...});
}

}}  // namespace foil
