// SPDX-License-Identifier: BSD-3-Clause
// The handwritten digits: 1,797 images of 8 x 8 pixels, and what each shows.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "foil/core/random.hpp"

namespace digits {

using foil::idx;
using matrix = foil::matrix<float>;

struct data {
  matrix pixels;            ///< [images, 64], 0 .. 1
  std::vector<idx> labels;  ///< 0 .. 9

  /// Some of the images, in the order named.
  data pick(std::span<idx const> rows) const {
    data d;
    d.pixels.resize(idx(rows.size()), pixels.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      d.pixels.row(idx(i)) = pixels.row(rows[i]);
      d.labels.push_back(labels[std::size_t(rows[i])]);
    }
    return d;
  }
};

/// Lines of 64 numbers 0 .. 16 and a label, with commas between.
inline data read(std::string const& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path + " (examples/run digits fetches it)");
  std::vector<float> all;
  data d;
  for (std::string line; std::getline(file, line);) {
    char const* at = line.c_str();
    for (int k = 0; k < 65; ++k) {
      char* end = nullptr;
      double const x = std::strtod(at, &end);
      bool const last = k == 64;
      if (end == at || (!last && *end != ',') || x < 0 || x > (last ? 9 : 16))
        throw std::runtime_error(path + ": line " + std::to_string(d.labels.size() + 1) + " is not 64 pixels and a label");
      if (last)
        d.labels.push_back(idx(x));
      else
        all.push_back(float(x / 16));
      at = end + 1;
    }
  }
  d.pixels = Eigen::Map<matrix const>(all.data(), idx(d.labels.size()), 64);
  return d;
}

/// 0 .. n-1 in an order that the seed decides.
inline std::vector<idx> shuffled(idx n, std::uint64_t seed, std::uint32_t epoch) {
  std::vector<idx> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), idx(0));
  foil::random_stream draw(seed, foil::purpose::shuffle, epoch);
  for (idx i = n - 1; i > 0; --i) std::swap(order[std::size_t(i)], order[std::size_t(draw.below(i + 1))]);
  return order;
}

}  // namespace digits
