// SPDX-License-Identifier: BSD-3-Clause
// Losses inside autograd, against LibTorch's own autograd. Tests bridge/torch_call.hpp, bridge/torch_gradients.hpp,
// bridge/torch_loss.hpp, bridge/torch_pool.hpp.
#include "torch_catch.hpp"
// After LibTorch, whose macro CHECK would take the place of Catch2's.
#include "foil/bridge/torch.hpp"
#include "foil/foil.hpp"

using namespace foil;
namespace bridge = foil::bridge;

namespace {

at::Tensor leaf(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type = torch::kDouble) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble).to(type).requires_grad_();
}
at::Tensor number(double x) { return torch::tensor(x, torch::kDouble).requires_grad_(); }
at::Tensor unit(at::Tensor const& x) { return x / x.norm(2, {-1}, true); }
at::Tensor diagonal_nll(at::Tensor const& u) { return at::cross_entropy_loss(u, torch::arange(u.size(0))); }

double off(at::Tensor const& a, at::Tensor const& b) {
  REQUIRE(a.sizes() == b.sizes());
  return ((a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max() / b.to(torch::kDouble).abs().max()).item<double>();
}
/// Value and gradients of two ways to one number.
void same(at::Tensor const& foils, at::Tensor const& torchs, std::vector<at::Tensor> const& inputs, double tolerance = 1e-11) {
  CHECK(off(foils, torchs) <= tolerance);
  auto const a = torch::autograd::grad({foils}, inputs), b = torch::autograd::grad({torchs}, inputs, {}, true);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    INFO("input " << i);
    CHECK(a[i].scalar_type() == inputs[i].scalar_type());
    CHECK(off(a[i].is_sparse() ? a[i].to_dense() : a[i], b[i]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("loss: InfoNCE in the batch, with a learned temperature", "[torch]") {
  at::Tensor const q = leaf({9, 6}, 1), k = leaf({9, 6}, 2), log_t = number(-1.5);
  objective const f{loss::info_nce{.temperature = 0.2}};
  at::Tensor const u = torch::mm(unit(q), unit(k).t());
  same(bridge::loss(f, q, bridge::in_batch(k)), diagonal_nll(u / 0.2), {q, k});
  same(bridge::loss(f, q, bridge::in_batch(k), log_t), diagonal_nll(u / log_t.exp()), {q, k, log_t});
  same(bridge::loss(f, q, bridge::in_batch(k), log_t.view({1})), diagonal_nll(u / log_t.exp()), {log_t});
  // A node in the middle of a graph: what comes in is multiplied, what goes out goes on.
  same(bridge::loss(f, q * 3, bridge::in_batch(torch::tanh(k)), log_t * 0.5).square(),
       diagonal_nll(torch::mm(unit(q), unit(torch::tanh(k)).t()) / (log_t * 0.5).exp()).square(), {k, log_t});
}
TEST_CASE("symmetric_loss: CLIP with a logit scale, and with a queue", "[torch]") {
  at::Tensor const q = leaf({7, 5}, 1), k = leaf({7, 5}, 2), logit_scale = number(2.0);
  pool::queue<double> memory(20, 5);
  bridge::push(memory, leaf({13, 5}, 3));
  objective const f{loss::info_nce{}};
  at::Tensor const u = torch::mm(unit(q), unit(k).t()) * logit_scale.exp();
  same(bridge::symmetric_loss(f, q, bridge::in_batch(k), -logit_scale), (diagonal_nll(u) + diagonal_nll(u.t())) / 2, {q, k, logit_scale});
  at::Tensor const old = leaf({13, 5}, 3).detach(), more = torch::cat({u, torch::mm(unit(q), unit(old).t()) * logit_scale.exp()}, 1);
  same(bridge::symmetric_loss(f, q, bridge::in_batch(k), pool::bank(memory.rows()), -logit_scale),
       (diagonal_nll(more) + diagonal_nll(u.t())) / 2, {q, k, logit_scale});
}
TEST_CASE("loss: supervised contrast by labels, and SigLIP", "[torch]") {
  at::Tensor const z = leaf({8, 6}, 4), labels = torch::tensor({0, 1, 0, 2, 1, 0, 2, 1}), log_t = number(-1.0);
  at::Tensor const itself = torch::eye(8, torch::kBool), positive = labels.unsqueeze(0).eq(labels.unsqueeze(1)).logical_and(~itself);
  auto const sup_con = [&](at::Tensor const& t) {
    at::Tensor const u = torch::mm(unit(z), unit(z).t()) / t, log_p = u - u.masked_fill(itself, -1e30).logsumexp(1, true);
    return -((log_p * positive).sum(1) / positive.sum(1)).mean();
  };
  roles::by_label const relation(bridge::ids(labels));
  same(bridge::loss(objective{loss::sup_con{.temperature = 0.3, .base_temperature = 0.3}}, z, bridge::self(relation)),
       sup_con(torch::tensor(0.3, torch::kDouble)), {z});
  same(bridge::loss(objective{loss::sup_con{.base_temperature = 0.3}}, z, bridge::self(relation), log_t),
       sup_con(log_t.exp()) * log_t.exp() / 0.3, {z, log_t});

  at::Tensor const k = leaf({8, 6}, 5), logit_scale = number(1.2);
  at::Tensor const pairs = torch::mm(unit(z), unit(k).t()) * logit_scale.exp() - 1.5;
  at::Tensor const sign = 2 * torch::eye(8, torch::kDouble) - 1;
  same(bridge::loss(objective{loss::siglip{.bias = -1.5}}, z, bridge::in_batch(k), -logit_scale),
       -torch::log_sigmoid(sign * pairs).sum() / 8, {z, k, logit_scale});
  at::Tensor const bias = number(-0.7), with_bias = sign * (torch::mm(unit(z), unit(k).t()) * logit_scale.exp() + bias);
  same(bridge::loss(objective{loss::siglip{}}, z, bridge::in_batch(k), -logit_scale, bias), -torch::log_sigmoid(with_bias).sum() / 8,
       {z, k, logit_scale, bias});
  same(bridge::symmetric_loss(objective{loss::siglip{}}, z, bridge::in_batch(k), -logit_scale, bias.view({1})),
       -torch::log_sigmoid(with_bias).sum() / 8, {z, k, logit_scale, bias});
  CHECK(bridge::loss(objective{loss::siglip{}}, z.detach(), bridge::in_batch(k.detach()), log_t.detach(), bias).requires_grad());
}
TEST_CASE("loss: triplets with private negatives, in distances", "[torch]") {
  at::Tensor const q = leaf({5, 4}, 6), k = leaf({5, 4}, 7), n = leaf({5, 3, 4}, 8);
  objective const f{loss::triplet{.margin = 0.5, .nonzero = false}, similarity::neg_l2{}};
  at::Tensor const near = (q - k).norm(2, 1, true), far = (q.unsqueeze(1) - n).norm(2, 2);
  same(bridge::loss(f, q, bridge::positives(k), bridge::own(n)), torch::relu(0.5 + near - far).mean(), {q, k, n});
  objective const hardest{loss::hardest_triplet{.margin = 0.5}, similarity::neg_l2{}};
  same(bridge::loss(hardest, q, bridge::positives(k), bridge::own(n)), torch::relu(0.5 + near - far.amin(1, true)).mean(), {q, k, n});
}
TEST_CASE("loss: listed, given, proxies, between and pools made by hand", "[torch]") {
  at::Tensor const q = leaf({4, 5}, 1), k = leaf({4, 5}, 2), table = leaf({9, 5}, 3), scores = leaf({4, 6}, 4), d = leaf({4, 5}, 5);
  at::Tensor const which = torch::tensor({{0, 3}, {3, 8}, {2, 0}, {7, 3}});
  objective const f{loss::info_nce{.temperature = 0.5}, similarity::dot{}};
  at::Tensor const positive = (q * k).sum(1, true);
  at::Tensor const named = torch::bmm(table.index({which}), q.unsqueeze(2)).squeeze(2);
  auto const first_nll = [](at::Tensor const& u) { return at::cross_entropy_loss(u / 0.5, torch::zeros({u.size(0)}, torch::kLong)); };
  same(bridge::loss(f, q, bridge::positives(k), bridge::listed(table, which)), first_nll(torch::cat({positive, named}, 1)), {q, k, table});
  same(bridge::loss(f, bridge::given(scores, roles::diagonal{})), diagonal_nll(scores / 0.5), {scores});
  at::Tensor const clusters = torch::tensor({1, 0, 8, 1});
  at::Tensor const others = torch::mm(q, table.t()).masked_fill(torch::one_hot(clusters, 9).to(torch::kBool), -1e30);
  same(bridge::loss(f, q, bridge::positives(k), bridge::proxies(table, clusters)), first_nll(torch::cat({positive, others}, 1)),
       {q, k, table});
  at::Tensor const across = torch::mm(d, k.t()).masked_fill(torch::eye(4, torch::kBool), -1e30);
  same(bridge::loss(f, q, bridge::in_batch(k), bridge::between(d, k, roles::negatives_except_self{})),
       diagonal_nll(torch::cat({torch::mm(q, k.t()), across}, 1) / 0.5), {q, k, d});
  // A pool of foil's own with anchors of its own does not shift the gradients of the next one's.
  auto const mine = bridge::rows<double>(table);
  auto const others_own = pool::between(mine.middle(0, 4), mine.middle(4, 4), roles::all_negative{});
  at::Tensor const fixed = torch::mm(table.narrow(0, 0, 4), table.narrow(0, 4, 4).t()).detach();
  same(bridge::loss(f, q, bridge::in_batch(k), others_own, bridge::between(d, k, roles::negatives_except_self{})),
       diagonal_nll(torch::cat({torch::mm(q, k.t()), fixed, across}, 1) / 0.5), {q, k, d});
  auto const left_out = bridge::over(table, [](auto rows) { return pool::optional(false, pool::bank(rows)); });
  at::Tensor const without = bridge::loss(f, q, bridge::in_batch(k), left_out);
  CHECK(without.grad_fn()->num_outputs() == 2);
  same(without, diagonal_nll(torch::mm(q, k.t()) / 0.5), {q, k});
  auto const by_hand = bridge::over(table, [](auto rows) { return pool::bank(rows, roles::all_negative{}, bias::bounds{.upper = 0.4}); });
  at::Tensor const all = torch::mm(q, table.t()), kept = all.masked_fill(all > 0.4, -1e30);
  same(bridge::loss(f, q, bridge::positives(k), by_hand), first_nll(torch::cat({positive, kept}, 1)), {q, k, table});
  CHECK(says(refusal([&] { bridge::listed(table, clusters); }), {"bridge::listed", "[4]", "[batch, per row]"}));
}
TEST_CASE("loss: float, half and bfloat16 in, gradients of the same type", "[torch]") {
  at::Tensor const q = leaf({16, 32}, 1), k = leaf({16, 32}, 2);
  objective const f{loss::info_nce{.temperature = 0.1}};
  struct {
    at::ScalarType type;
    double tolerance;  // of the types themselves: 2^-24, 2^-11, 2^-8
  } const cases[] = {{torch::kFloat, 1e-5}, {torch::kHalf, 2e-3}, {torch::kBFloat16, 1e-2}};
  for (auto const& c : cases) {
    at::Tensor const a = q.detach().to(c.type).requires_grad_(), b = k.detach().to(c.type).requires_grad_();
    at::Tensor const x = a.to(torch::kDouble), y = b.to(torch::kDouble);  // the same numbers: arithmetic alone differs
    at::Tensor const l = bridge::loss(f, a, bridge::in_batch(b));
    CHECK(l.scalar_type() == torch::kFloat);
    CHECK(off(l, diagonal_nll(torch::mm(unit(x), unit(y).t()) / 0.1)) < 1e-6);
    same(l, diagonal_nll(torch::mm(unit(x), unit(y).t()) / 0.1).to(torch::kFloat), {a, b}, c.tolerance);
    // Gradients too small for half, of a loss that is scaled up: their product is rounded, not they themselves.
    at::Tensor const far = (1000 * q.detach()).to(c.type).requires_grad_(), z = far.to(torch::kDouble);
    at::Tensor const small = bridge::loss(f, far, bridge::in_batch(b)), exact = diagonal_nll(torch::mm(unit(z), unit(y).t()) / 0.1);
    same(small * 16384, (exact * 16384).to(torch::kFloat), {far}, c.tolerance);
  }
}
TEST_CASE("loss: gradients where they are required, and nowhere else", "[torch]") {
  at::Tensor const q = leaf({6, 4}, 1), k = leaf({6, 4}, 2), log_t = number(-1);
  objective const f{loss::info_nce{}};
  CHECK_FALSE(bridge::loss(f, q.detach(), bridge::in_batch(k.detach()), log_t.detach()).requires_grad());
  {
    torch::NoGradGuard const guard;
    CHECK_FALSE(bridge::loss(f, q, bridge::in_batch(k), log_t).requires_grad());
    CHECK_FALSE(bridge::symmetric_loss(f, q, bridge::in_batch(k)).requires_grad());
  }
  // None are computed where none are required: these are beyond the doubles.
  objective const steep{loss::info_nce{.temperature = 0.01}, similarity::dot{}};
  at::Tensor const zeros = torch::zeros({4, 4}, torch::kDouble).requires_grad_(), large = torch::eye(4, torch::kDouble) * 1e307;
  for (bool both : {false, true}) {
    auto const of = [&](at::Tensor const& x) {
      return both ? bridge::symmetric_loss(steep, x, bridge::in_batch(large)) : bridge::loss(steep, x, bridge::in_batch(large));
    };
    CHECK(says(refusal([&] { of(zeros); }), {"gradient of row"}));
    CHECK(std::abs(of(zeros.detach()).item<double>() - std::log(4)) < 1e-12);
    torch::NoGradGuard const guard;
    CHECK(std::abs(of(zeros).item<double>() - std::log(4)) < 1e-12);
  }
  at::Tensor const whole = bridge::loss(f, q, bridge::in_batch(k), log_t);
  CHECK(whole.grad_fn()->num_outputs() == 3);
  CHECK(bridge::loss(f, q.detach(), bridge::in_batch(k), log_t.detach()).grad_fn()->num_outputs() == 1);
  auto const expected = torch::autograd::grad({whole}, {q, k, log_t});
  for (int only = 0; only < 3; ++only) {
    at::Tensor const x[] = {only == 0 ? q : q.detach(), only == 1 ? k : k.detach(), only == 2 ? log_t : log_t.detach()};
    at::Tensor const l = bridge::loss(f, x[0], bridge::in_batch(x[1]), x[2]);
    CHECK(torch::autograd::grad({l}, {x[only]})[0].equal(expected[std::size_t(only)]));
  }
  // As the objective computes them, bit for bit; accumulated by backward; once unless the graph is kept.
  auto const r = f.value_and_grad(bridge::rows<double>(q), pool::in_batch(bridge::rows<double>(k)));
  at::Tensor const l = bridge::loss(f, q, bridge::in_batch(k));
  l.backward({}, true);
  CHECK(l.item<double>() == r.value);
  auto const g = bridge::rows<double>(q.grad());
  CHECK(std::equal(g.data(), g.data() + 24, r.anchors.data()));
  l.backward();
  CHECK(torch::allclose(q.grad(), 2 * torch::autograd::grad({bridge::loss(f, q, bridge::in_batch(k))}, {q})[0]));
  CHECK_THROWS_WITH(l.backward(), Catch::Contains("second time"));
  // Second derivatives: refused when asked for.
  auto const first = torch::autograd::grad({bridge::loss(f, q, bridge::in_batch(k))}, {q}, {}, true, true);
  CHECK_THROWS_WITH(first[0].sum().backward(), Catch::Contains("no second derivatives"));
}
TEST_CASE("loss: what is refused says whose fault it is", "[torch]") {
  at::Tensor const q = leaf({6, 4}, 1, torch::kFloat), k = leaf({6, 4}, 2, torch::kFloat), log_t = number(-1);
  objective const f{loss::info_nce{}};
  auto const told = [&](auto const&... x) { return refusal([&] { bridge::loss(f, x...); }); };
  CHECK(says(told(q.t(), bridge::in_batch(k)), {"bridge::loss: anchors is [4, 6]", "by .contiguous()"}));
  CHECK(says(told(q, bridge::in_batch(k.t())), {"bridge::loss: pool 0 is [4, 6]", ".contiguous()"}));
  CHECK(says(told(q, bridge::in_batch(k.to(torch::kHalf))), {"pool 0 holds Half, expected Float", ".to(torch::kFloat)"}));
  CHECK(says(told(q, bridge::in_batch(k.to(torch::kMeta))), {"pool 0 is on the device meta", ".cpu()"}));
  CHECK(says(told(q.to(torch::kLong), bridge::in_batch(k)), {"Long", "Float, Double, Half or BFloat16"}));
  CHECK(says(told(q.to(torch::kMeta), bridge::in_batch(k)), {"anchors is on the device meta"}));
  CHECK(says(told(at::Tensor(), bridge::in_batch(k)), {"anchors", "undefined"}));
  CHECK(says(told(q, bridge::in_batch(at::Tensor())), {"pool 0", "undefined"}));
  CHECK(says(told(bridge::given(k, roles::diagonal{}), bridge::self()), {"pool 1", "self", "no anchors"}));
  CHECK(says(told(q, bridge::in_batch(leaf({6, 5}, 1, torch::kFloat))), {"bridge::loss", "[6, 4]", "dim 5"}));
  CHECK(says(told(q, bridge::in_batch(k), torch::zeros({2})), {"log_temperature", "one element", "[2]"}));
  CHECK(says(refusal([&] { bridge::loss(objective{loss::siglip{}}, q, bridge::in_batch(k), log_t, torch::zeros({3})); }),
             {"bridge::loss: bias", "one element", "[3]"}));
  CHECK(says(refusal([&] { bridge::loss(objective{loss::siglip{}}, q, bridge::in_batch(k), log_t, torch::full({}, NAN)); }), {"bias"}));
  CHECK(says(told(q, bridge::in_batch(k), torch::full({}, NAN)), {"temperature"}));
  CHECK(says(told(q, bridge::in_batch(k), torch::full({}, 800.0)), {"temperature"}));
  pool::queue<double> doubles(4, 4);
  CHECK(says(told(q, bridge::in_batch(k), pool::bank(doubles.rows())), {"bridge::loss", "Float", "pool 1", "does not compute in float"}));
  CHECK(says(refusal([&] { bridge::symmetric_loss(f, q, bridge::in_batch(k.narrow(0, 0, 5))); }), {"bridge::symmetric_loss"}));
}
TEST_CASE("with_gradients: lists, preferences and recipes inside autograd", "[torch]") {
  at::Tensor const scores = leaf({4, 6}, 1), targets = leaf({4, 6}, 2).detach();
  auto r = loss::value_and_grad_lists(loss::soft_label_kl{.temperature = 1, .divergence = loss::divergence::kl_q_p},
                                      bridge::rows<double>(scores), bridge::rows<double>(targets));
  at::Tensor const kl = bridge::with_gradients(r.value, {scores}, {bridge::tensor(std::move(r.scores))});
  same(kl, at::kl_div(torch::log_softmax(scores, 1), torch::softmax(targets, 1), at::Reduction::Sum) / 4, {scores});

  at::Tensor const better = leaf({5}, 3), worse = leaf({5}, 4), base = torch::zeros({5}, torch::kDouble);
  loss::preference_pairs<double> pairs;
  pairs.chosen = bridge::values<double>(better), pairs.rejected = bridge::values<double>(worse);
  pairs.ref_chosen = pairs.ref_rejected = bridge::values<double>(base);
  auto p = loss::value_and_grad(loss::dpo{.beta = 0.3}, pairs);
  same(bridge::with_gradients(p.value, {better, worse}, {bridge::tensor(std::move(p.chosen)), bridge::tensor(std::move(p.rejected))}),
       -torch::log_sigmoid(0.3 * (better - worse)).mean(), {better, worse});

  CHECK(says(refusal([&] { bridge::with_gradients(1.0, {scores}, {targets.t()}); }), {"with_gradients", "input 0", "[4, 6]", "[6, 4]"}));
  CHECK(says(refusal([&] { bridge::with_gradients(1.0, {scores}, {}); }), {"1 inputs", "got 0"}));
  CHECK(says(refusal([&] { bridge::with_gradients(1.0, {scores}, {at::Tensor()}); }), {"input 0", "undefined"}));
  CHECK(says(refusal([&] { bridge::with_gradients(scores, {scores}, {targets}); }), {"one element"}));
}
