// SPDX-License-Identifier: BSD-3-Clause
// Embeddings in a .npy file, of whichever type.
#pragma once

#include <foil/bridge/npy.hpp>
#include <foil/foil.hpp>
#include <memory>
#include <variant>

namespace miner {

using foil::idx;
using foil::bridge::npy_file;
using foil::bridge::npy_type;

class embeddings {
 public:
  embeddings() = default;
  /// scales: a file of float32, of int8 embeddings alone; empty: 1.
  explicit embeddings(std::string const& path, std::string const& scales = "") : file_(path) {
    npy_type const type = file_.type();
    foil::require(type <= npy_type::int8, path, ": embeddings are float16, float32, float64 or int8, not ", file_.name());
    foil::require(scales.empty() || type == npy_type::int8, path, ": scales are for int8 embeddings, these are ", file_.name());
    foil::require(file_.dim() > 0, path, ": embeddings of dim 0");
    if (type == npy_type::int8) {
      scales_.assign(std::size_t(file_.n()), 1.0f);
      if (!scales.empty()) {
        npy_file const s(scales);
        auto const values = s.values<float>();
        foil::require(values.size() == scales_.size(), scales, ": ", values.size(), " scales for the ", file_.n(), " rows of ", path);
        scales_.assign(values.begin(), values.end());
      }
    }
    switch (type) {
      case npy_type::float16: open<Eigen::half>(); break;
      case npy_type::float32: open<float>(); break;
      case npy_type::float64: open<double>(); break;
      default: rows_ = foil::rows_int8(by_rows<std::int8_t>(), n(), dim(), scales_.data());
    }
  }
  embeddings(embeddings const&) = delete;

  idx n() const { return file_.n(); }
  idx dim() const { return file_.dim(); }
  npy_file const& file() const { return file_; }
  bool is_mapped() const { return copy_ == nullptr; }
  bool wide() const { return file_.type() == npy_type::float64; }
  /// f(view) of the stored type.
  template <class F>
  void visit(F const& f) const {
    std::visit(f, rows_);
  }
  /// Rows that hold a NaN or an infinity.
  idx bad_rows() const {
    idx count = 0;
    visit([&](auto const& x) {
      for (idx i = 0; i < x.rows(); ++i) count += foil::is_bad_row(x, i);
    });
    return count;
  }
  /// Refuses them. `otherwise`: what else can be done.
  void check_finite(char const* otherwise) const {
    visit([&](auto const& x) {
      for (idx i = 0; i < x.rows(); ++i)
        foil::require(!foil::is_bad_row(x, i), file_.path(), ": row ", i, " holds a NaN or an infinity", otherwise);
    });
  }
  /// Rows from .. to in S.
  template <foil::Scalar S>
  foil::matrix<S> read(idx from, idx to) const {
    foil::matrix<S> out(to - from, dim());
    visit([&](auto const& x) {
      for (idx i = from; i < to; ++i)
        for (idx j = 0; j < dim(); ++j) out(i - from, j) = S(x(i, j));
    });
    return out;
  }
  /// As a view of S: of the file where it holds S, else of a copy that `copy` keeps.
  template <foil::Scalar S>
  foil::view<S> in(foil::matrix<S>& copy) const {
    if (auto const* same = std::get_if<foil::view<S>>(&rows_)) return *same;
    return copied(copy);
  }
  /// The same with zeros in place of rows that hold a NaN or an infinity: a copy where there are some.
  template <foil::Scalar S>
  foil::view<S> finite_in(foil::matrix<S>& copy) const {
    if (copy.rows() != n()) {
      if (bad_rows() == 0) return in(copy);
      copied(copy);
      for (idx i = 0; i < n(); ++i)
        if (foil::is_bad_row(foil::as_view(copy), i)) copy.row(i).setZero();
    }
    return foil::as_view(copy);
  }

 private:
  template <foil::Scalar S>
  foil::view<S> copied(foil::matrix<S>& copy) const {
    if (copy.rows() != n()) copy = read<S>(0, n());
    return foil::as_view(copy);
  }
  template <class T>
  void open() {
    rows_ = foil::rows(by_rows<T>(), n(), dim());
  }
  /// Row after row: as the file lies, or turned.
  template <class T>
  T const* by_rows() {
    if (file_.by_rows()) {
      if constexpr (std::same_as<T, std::int8_t>)
        return file_.rows_int8(scales_).data();
      else
        return file_.rows<T>().data();
    }
    auto const copy = std::make_shared<foil::matrix<T>>(foil::bridge::read_npy<T>(file_.path()));
    copy_ = copy;
    return copy->data();
  }

  npy_file file_;
  std::vector<float> scales_;
  std::shared_ptr<void> copy_;  // of a file in Fortran order
  std::variant<foil::view<float>, foil::view<double>, foil::view<Eigen::half>, foil::view<std::int8_t>> rows_;
};

}  // namespace miner
