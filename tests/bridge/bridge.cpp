#include "foil/bridge/eigen_tensor.hpp"

#include <sstream>

#include "../catch.hpp"
#include "foil/bridge/jsonl.hpp"

using namespace foil;

TEST_CASE("tensor: rank 2 and 3 are the same memory", "[bridge]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> two(3, 4);
  two.setZero();
  Eigen::Tensor<double, 3, Eigen::RowMajor> three(2, 3, 5);
  three.setZero();
  auto const a = rows(two);
  CHECK(a.data() == two.data());
  CHECK((a.rows() == 3 && a.cols() == 4 && a.stride() == 4));
  auto const b = rows(three);
  CHECK((b.rows() == 6 && b.cols() == 5));
  three(1, 2, 4) = 7;
  CHECK(b(5, 4) == 7);
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> const map(two.data(), 2, 6);
  CHECK((rows(map).data() == two.data() && rows(map).rows() == 2 && rows(map).cols() == 6));
}

TEST_CASE("jsonl: quotes, backslashes and control characters are escaped, one object a line", "[bridge]") {
  std::ostringstream out;
  std::vector<std::array<idx, 3>> const t{{0, 1, 2}};
  std::string const documents[] = {"", "plain", "tab\there \"quoted\" back\\slash"};
  bridge::write_triplets(out, t, [&](int kind, idx id) { return kind == 0 ? std::string("q") : documents[id]; });
  CHECK(out.str() ==
        "{\"anchor\": \"q\", \"positive\": \"plain\", \"negative\": \"tab\\u0009here \\\"quoted\\\" back\\\\slash\"}\n");
}
