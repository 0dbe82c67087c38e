// How foil says no: one exception type, one cold exit, messages that name the argument, the shapes and the value.
#pragma once

#include <charconv>
#include <string>
#if __cpp_exceptions
#include <stdexcept>
#else
#include <cstdio>
#include <cstdlib>
#endif

#include "foil/core/abi.hpp"

namespace foil::inline FOIL_ABI {

#if FOIL_EXCEPTIONS
/// Every refusal of foil. Nothing has been written to any argument when it is thrown.
struct error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string const& what) {
  throw error("foil: " + what);
}
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
inline std::string text(char const* s) { return s; }
inline std::string text(std::string s) { return s; }
inline std::string text(bool b) { return b ? "true" : "false"; }
inline std::string text(int n) { return std::to_string(n); }
inline std::string text(long n) { return std::to_string(n); }
inline std::string text(long long n) { return std::to_string(n); }
inline std::string text(unsigned n) { return std::to_string(n); }
inline std::string text(unsigned long n) { return std::to_string(n); }
inline std::string text(unsigned long long n) { return std::to_string(n); }
/// As short as it reads back exactly (0.05, 1e-30), and never a locale's comma.
inline std::string text(float x) {
  char out[32];
  return {out, std::to_chars(out, out + sizeof out, x).ptr};
}
inline std::string text(double x) {
  char out[32];
  return {out, std::to_chars(out, out + sizeof out, x).ptr};
}
}  // namespace detail

/// Checks a precondition on shapes or options; the message is built only on failure.
template <class... Parts>
inline void require(bool ok, Parts const&... parts) {
  if (ok) [[likely]]
    return;
  fail((std::string() + ... + detail::text(parts)));
}

}  // namespace foil::inline FOIL_ABI
