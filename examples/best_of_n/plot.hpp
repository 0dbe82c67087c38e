// SPDX-License-Identifier: BSD-3-Clause
// A line plot as SVG: one line a method, N on a logarithmic axis.
#pragma once

#include <fstream>

#include "picking.hpp"

namespace cloze {

class plot {
 public:
  plot(tally const& t, std::string title) : t_(t), title_(std::move(title)) {
    for (std::size_t m = 0; m < t.lines(); ++m)
      for (std::size_t s = 0; s < t.sizes().size(); ++s) top_ = (std::max)(top_, t.share(m, s));
    top_ = (std::max)(std::ceil(top_ * 20) / 20, 0.05);
  }

  void write(std::string const& path) const {
    std::ofstream out(path);
    out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"480\" font-family=\"sans-serif\" font-size=\"13\">\n"
        << "<rect width=\"760\" height=\"480\" fill=\"white\"/>\n"
        << text(left, 28, title_, "start");
    for (double y = 0; y <= top_ + 1e-9; y += 0.05)
      out << line(left, py(y), right, py(y), "#dddddd") << text(left - 8, py(y) + 4, percent(y), "end");
    for (std::size_t s = 0; s < t_.sizes().size(); ++s)
      out << line(px(s), bottom, px(s), bottom + 5, "black") << text(px(s), bottom + 20, std::to_string(t_.sizes()[s]), "middle");
    out << line(left, bottom, right, bottom, "black") << line(left, top, left, bottom, "black")
        << text((left + right) / 2, bottom + 42, "answers drawn for each question (N)", "middle");
    for (std::size_t m = 0; m < t_.lines(); ++m) {
      std::string const colour = colours[m % colours.size()];
      out << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << colour << "\" points=\"";
      for (std::size_t s = 0; s < t_.sizes().size(); ++s) out << px(s) << ',' << py(t_.share(m, s)) << ' ';
      out << "\"/>\n";
      double const y = top + 20 * double(m) + 8;
      out << "<rect x=\"" << right + 16 << "\" y=\"" << y - 7 << "\" width=\"16\" height=\"4\" fill=\"" << colour << "\"/>\n"
          << text(right + 38, y, t_.name(m), "start");
    }
    out << "</svg>\n";
    out.close();
    foil::require(bool(out), "best_of_n: cannot write ", path);
  }

 private:
  static constexpr double left = 64, right = 600, top = 48, bottom = 420;
  static constexpr std::array<char const*, 8> colours{"#888888", "#d62728", "#1f77b4", "#17becf",
                                                      "#2ca02c", "#ff7f0e", "#9467bd", "#000000"};
  double px(std::size_t size) const { return left + (right - left) * double(size) / (std::max)(1.0, double(t_.sizes().size()) - 1); }
  double py(double share) const { return bottom - (bottom - top) * share / top_; }
  static std::string percent(double x) { return std::to_string(int(std::lround(100 * x))) + " %"; }
  static std::string number(double x) { return std::to_string(std::lround(x)); }
  static std::string line(double x1, double y1, double x2, double y2, char const* colour) {
    return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\" stroke=\"" +
           colour + "\"/>\n";
  }
  static std::string text(double x, double y, std::string const& what, char const* anchor) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + what + "</text>\n";
  }
  tally const& t_;
  std::string title_;
  double top_ = 0;
};

}  // namespace cloze
