// SPDX-License-Identifier: BSD-3-Clause
// Tensors viewed, results as tensors, a queue of keys. Tests bridge/torch.hpp, bridge/torch_queue.hpp, bridge/torch_tensor.hpp,
// bridge/torch_view.hpp.
#include "torch_catch.hpp"
// After LibTorch, whose macro CHECK would take the place of Catch2's.
#include "foil/bridge/torch_queue.hpp"
#include "foil/bridge/torch_tensor.hpp"
#include "foil/bridge/torch_view.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/target.hpp"

using namespace foil;
namespace bridge = foil::bridge;

TEST_CASE("rows: the memory of tensors of rank 2 and 3 and every type, whole or in slices", "[torch]") {
  at::Tensor const x = torch::randn({6, 8});
  auto const v = bridge::rows<float>(x);
  CHECK(v.data() == x.data_ptr<float>());
  CHECK((v.rows() == 6 && v.cols() == 8 && v.stride() == 8));
  at::Tensor const columns = x.narrow(1, 2, 3), every_other = x.slice(0, 1, 6, 2), one = x.slice(0, 3, 4), both = columns.slice(0, 0, 6, 3);
  for (at::Tensor const& part : {columns, every_other, one, both}) {
    auto const p = bridge::rows<float>(part);
    REQUIRE((p.rows() == part.size(0) && p.cols() == part.size(1)));
    int wrong = 0;
    for (idx i = 0; i < p.rows(); ++i)
      for (idx j = 0; j < p.cols(); ++j) wrong += p(i, j) != part[i][j].item<float>();
    CHECK(wrong == 0);
  }
  at::Tensor const three = torch::randn({2, 3, 5}, torch::kDouble), apart = three.narrow(2, 1, 3);
  auto const w = bridge::rows<double>(three), a = bridge::rows<double>(apart);
  CHECK((w.rows() == 6 && w.cols() == 5 && w(5, 4) == three[1][2][4].item<double>()));
  CHECK((a.rows() == 6 && a.stride() == 5 && a(4, 2) == apart[1][1][2].item<double>()));
  at::Tensor const half = x.to(torch::kHalf), brain = x.to(torch::kBFloat16);
  CHECK(float(bridge::rows<Eigen::half>(half)(4, 3)) == half[4][3].item<float>());
  CHECK(float(bridge::rows<Eigen::bfloat16>(brain)(4, 3)) == brain[4][3].item<float>());
  at::Tensor const none = torch::empty({0, 8}), flat = torch::empty({3, 0}), single = torch::randn({3, 1}).t(),
                   tall = torch::randn({5, 4}).narrow(1, 2, 1);
  CHECK((bridge::rows<float>(none).rows() == 0 && bridge::rows<float>(none).cols() == 8));
  CHECK((bridge::rows<float>(flat).rows() == 3 && bridge::rows<float>(flat).cols() == 0));
  CHECK((bridge::rows<float>(single).rows() == 1 && bridge::rows<float>(single)(0, 2) == single[0][2].item<float>()));
  CHECK((bridge::rows<float>(tall).stride() == 4 && bridge::rows<float>(tall)(4, 0) == tall[4][0].item<float>()));
}
TEST_CASE("rows: what cannot be read in place is refused with what to pass instead", "[torch]") {
  auto const told = [](at::Tensor const& x) { return refusal([&] { bridge::rows<float>(x); }); };
  at::Tensor const x = torch::randn({6, 8});
  CHECK(says(told(x.t()), {"bridge::rows", "[8, 6]", ".contiguous()"}));
  CHECK(says(told(x.slice(1, 0, 8, 2)), {"[6, 4]", ".contiguous()"}));
  CHECK(says(told(x.narrow(0, 0, 1).expand({4, 8})), {"[4, 8]", ".contiguous()"}));
  CHECK(says(told(torch::randn({2, 3, 5}).transpose(0, 1)), {"[3, 2, 5]", ".contiguous()"}));
  CHECK(says(told(torch::randn({2, 3, 5}).narrow(1, 0, 2)), {"[2, 2, 5]", ".contiguous()"}));
  CHECK(says(told(torch::randn({6})), {"[6]", "[rows, dim]"}));
  CHECK(says(told(torch::randn({1, 2, 3, 4})), {"[1, 2, 3, 4]"}));
  CHECK(says(told(x.to(torch::kDouble)), {"holds Double, expected Float", ".to(torch::kFloat)"}));
  CHECK(says(told(x.to(torch::kHalf)), {"holds Half", ".to(torch::kFloat)"}));
  CHECK(says(told(x.to(torch::kLong)), {"holds Long", ".to(torch::kFloat)"}));
  CHECK(says(told(torch::empty({6, 8}, torch::kMeta)), {"device meta", ".cpu()"}));
  CHECK(says(told(x.to_sparse()), {"sparse", ".to_dense()"}));
  CHECK(says(told(at::Tensor()), {"undefined"}));
  CHECK(says(told(at::imag(torch::complex(x, x).conj())), {".resolve_neg()"}));
}
TEST_CASE("ids and values: whole numbers of every width, weights and flags", "[torch]") {
  at::Tensor const labels = torch::tensor({3, 1, 4, 1, 5, 9});
  for (auto type : {torch::kLong, torch::kInt, torch::kShort, torch::kChar, torch::kByte}) {
    at::Tensor const x = labels.to(type);
    id_list const list = bridge::ids(x);
    CHECK((list.size() == 6 && list[5] == 9 && list[1] == 1));
  }
  at::Tensor const negative = torch::tensor({-1, 2}).to(torch::kChar), table = labels.view({2, 3});
  CHECK(bridge::ids(negative)[0] == -1);
  CHECK(bridge::ids(table)[3] == 1);
  at::Tensor const real = torch::ones({2}), flags = torch::ones({2}, torch::kBool), turned = table.t(),
                   away = torch::empty({2}, torch::TensorOptions(torch::kMeta).dtype(torch::kLong));
  CHECK(says(refusal([&] { bridge::ids(real); }), {"bridge::ids", "Float", "whole numbers", ".to(torch::kLong)"}));
  CHECK(says(refusal([&] { bridge::ids(flags); }), {"Bool", "whole numbers"}));
  CHECK(says(refusal([&] { bridge::ids(turned); }), {"bridge::ids", ".contiguous()"}));
  CHECK(says(refusal([&] { bridge::ids(away); }), {"device meta", ".cpu()"}));
  at::Tensor const weights = torch::rand({5}, torch::kDouble);
  CHECK(bridge::values<double>(weights).data() == weights.data_ptr<double>());
  CHECK(bridge::values<double>(weights).size() == 5);
  CHECK(says(refusal([&] { bridge::values<float>(weights); }), {"bridge::values", "Double", ".to(torch::kFloat)"}));
  at::Tensor const grid = torch::rand({3, 2}).t();
  CHECK(says(refusal([&] { bridge::values<float>(grid); }), {".contiguous()"}));
}

TEST_CASE("tensor: a result's memory changes hands and lives as long as the tensor", "[torch]") {
  matrix<float> m = matrix<float>::Random(3, 5);
  matrix<float> const copy = m;
  float const* const where = m.data();
  at::Tensor t = bridge::tensor(std::move(m));
  CHECK(t.data_ptr<float>() == where);
  CHECK((t.sizes() == at::IntArrayRef{3, 5} && t[2][4].item<float>() == copy(2, 4)));
  t = t.mul_(2).narrow(0, 1, 2);  // a part keeps all of it
  CHECK(t[1][4].item<float>() == 2 * copy(2, 4));
  CHECK(bridge::tensor(matrix<double>(0, 4)).sizes() == at::IntArrayRef{0, 4});
  CHECK(bridge::tensor(std::vector<idx>()).sizes() == at::IntArrayRef{0});
  std::vector<unsigned char> flags{1, 0, 1};
  std::vector<idx> numbers{7, 8, 9, 10, 11, 12};
  CHECK(bridge::tensor(std::move(flags)).scalar_type() == torch::kByte);
  CHECK(says(refusal([&] { bridge::tensor(std::vector<idx>(6), {2, 4}); }), {"bridge::tensor", "list of 6", "8"}));
  at::Tensor const grid = bridge::tensor(std::move(numbers), {2, 3});
  CHECK((grid.scalar_type() == torch::kLong && grid[1][0].item<std::int64_t>() == 10));
}
TEST_CASE("mining from tensors to tensors", "[torch]") {
  torch::manual_seed(3);
  at::Tensor const q = torch::randn({7, 16}), documents = torch::randn({200, 16}), answers = torch::randint(0, 200, {7});
  auto mined =
      mine(bridge::rows<float>(q), pool::bank(bridge::rows<float>(documents), roles::target(bridge::ids(answers))), {.negatives = 5});
  at::Tensor const ids = bridge::tensor(std::move(mined.ids), {mined.rows, mined.per_row});
  at::Tensor const scores = bridge::tensor(std::move(mined.scores), {mined.rows, mined.per_row});
  auto const unit = [](at::Tensor const& x) { return x / x.norm(2, {-1}, true); };
  at::Tensor cosines = torch::mm(unit(q), unit(documents).t());
  cosines.scatter_(1, answers.unsqueeze(1), -2);
  auto const [best, which] = cosines.topk(5, 1);
  CHECK(which.equal(ids));
  CHECK(torch::allclose(best, scores, 0, 1e-6));
}
TEST_CASE("push: keys of every type with their ids, without their history", "[torch]") {
  pool::queue<float> memory(5, 4);
  at::Tensor const keys = torch::randn({3, 4}, torch::TensorOptions().requires_grad(true)), ids = torch::tensor({10, 11, 12});
  bridge::push(memory, keys * 2, ids);
  CHECK((memory.size() == 3 && memory.ids()[2] == 12 && memory.rows()(1, 3) == 2 * keys[1][3].item<float>()));
  bridge::push(memory, keys.to(torch::kDouble));
  CHECK((memory.size() == 5 && memory.ids()[0] == -1 && memory.rows()(4, 0) == keys[1][0].item<float>()));
  bridge::push(memory, keys.to(torch::kHalf));
  CHECK(memory.rows()(1, 0) == keys.to(torch::kHalf)[0][0].item<float>());
  bridge::push(memory, keys.to(torch::kBFloat16));
  CHECK(memory.rows()(4, 0) == keys.to(torch::kBFloat16)[0][0].item<float>());
  CHECK(says(refusal([&] { bridge::push(memory, ids); }), {"bridge::push", "Long", ".to(torch::kFloat)"}));
  CHECK(says(refusal([&] { bridge::push(memory, keys.t()); }), {"bridge::push: keys", ".contiguous()"}));
  CHECK(says(refusal([&] { bridge::push(memory, keys, keys); }), {"bridge::push: ids", "whole numbers"}));
  CHECK(says(refusal([&] { bridge::push(memory, torch::randn({3, 5})); }), {"dim 4", "dim 5"}));
  CHECK(says(refusal([&] { bridge::push(memory, keys, ids.narrow(0, 0, 2)); }), {"3 rows", "got 2"}));
  CHECK(says(refusal([&] { bridge::push(memory, torch::full({1, 4}, NAN)); }), {"push"}));
}
