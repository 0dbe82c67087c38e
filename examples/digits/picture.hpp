// SPDX-License-Identifier: BSD-3-Clause
// A picture of embeddings: their two largest principal components, one digit an image, side by side.
#pragma once

#include <Eigen/Eigenvalues>

#include "data.hpp"

namespace digits {

/// [n, 2]: rows projected on the two directions of largest variance.
inline matrix principal(matrix const& x) {
  Eigen::MatrixXd const centred = (x.rowwise() - x.colwise().mean()).cast<double>();
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(centred.transpose() * centred);
  return (centred * solver.eigenvectors().rightCols(2).rowwise().reverse()).cast<float>();
}

struct panel {
  std::string title;
  matrix points;  ///< [n, 2]
  std::vector<idx> labels;
};

inline void draw(std::string const& path, std::vector<panel> const& panels) {
  constexpr double side = 460, edge = 24;
  char const* const colours[] = {"#4e79a7", "#f28e2b", "#e15759", "#499894", "#59a14f",
                                 "#b6992d", "#b07aa1", "#d37295", "#9c755f", "#79706e"};
  std::ofstream out(path);
  char line[256];
  std::snprintf(line, sizeof line, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif'>\n",
                side * double(panels.size()), side + edge);
  out << line << "<rect width='100%' height='100%' fill='white'/>\n";
  for (std::size_t p = 0; p < panels.size(); ++p) {
    auto const& [title, points, labels] = panels[p];
    std::snprintf(line, sizeof line, "<text x='%.0f' y='20' font-size='15'>%s</text>\n", side * double(p) + edge, title.c_str());
    out << line;
    Eigen::RowVector2f const low = points.colwise().minCoeff(), span = (points.colwise().maxCoeff() - low).cwiseMax(1e-6f);
    for (idx i = 0; i < points.rows(); ++i) {
      double const x = (points(i, 0) - low(0)) / span(0), y = (points(i, 1) - low(1)) / span(1);
      std::snprintf(line, sizeof line, "<text x='%.1f' y='%.1f' font-size='9' fill='%s'>%d</text>\n",
                    side * double(p) + edge + x * (side - 2 * edge), 2 * edge + y * (side - 2 * edge), colours[labels[std::size_t(i)]],
                    int(labels[std::size_t(i)]));
      out << line;
    }
  }
  out << "</svg>\n";
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
}

}  // namespace digits
