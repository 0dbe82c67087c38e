// SPDX-License-Identifier: BSD-3-Clause
// PamC, MEOW and proxies: against the formula written out, by finite differences, and by what must not change them.
// Tests loss/pamc.hpp, loss/meow.hpp, bias/disagreement.hpp, engine/edges.hpp, cluster/meta_nodes.hpp.
#include <functional>
#include <limits>

#include "../catch.hpp"
#include "../rows.hpp"
#include "foil/bias/cluster_size.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/pool/proxies.hpp"
#include "foil/recipe/meow.hpp"
#include "foil/recipe/pamc.hpp"

namespace {

using namespace foil;
using numbers = matrix<double>;

std::vector<idx> some_clusters(idx n, idx clusters, std::uint64_t seed) {
  random_stream draw(seed, purpose::sample);
  std::vector<idx> of;
  for (idx i = 0; i < n; ++i) of.push_back(i < clusters ? i : draw.below(clusters));
  return of;
}
numbers one_hot(std::vector<idx> const& of, idx clusters) {
  numbers q = numbers::Zero(idx(of.size()), clusters);
  for (std::size_t i = 0; i < of.size(); ++i) q(idx(i), of[i]) = 1;
  return q;
}

/// A graph of weights in both forms: about a third of the pairs, self-loops among them, a ring so that nobody is alone.
struct network {
  numbers dense;
  std::vector<idx> offsets{0}, ids;
  std::vector<double> weights;

  explicit network(idx n, std::uint64_t seed, bool unweighted = false) : dense(numbers::Zero(n, n)) {
    random_stream draw(seed, purpose::user);
    for (idx i = 0; i < n; ++i)
      for (idx j = 0; j < n; ++j)
        if (j == (i + 1) % n || draw.below(3) == 0) dense(i, j) = unweighted ? 1 : 0.1 + 3 * draw.uniform();
    for (idx i = 0; i < n; ++i) {
      for (idx j = 0; j < n; ++j)
        if (dense(i, j) > 0) ids.push_back(j), weights.push_back(dense(i, j));
      offsets.push_back(idx(ids.size()));
    }
  }
  foil::graph<double> edges() const { return {offsets, ids, weights}; }
};

/// The sheet's formula, word by word.
double pamc_by_hand(numbers const& z, numbers const& q, numbers const& adjacency, loss::pamc const& o) {
  auto const cosine = [](numbers const& x) {
    numbers c(x.rows(), x.rows());
    for (idx i = 0; i < x.rows(); ++i)
      for (idx j = 0; j < x.rows(); ++j) {
        double const length = x.row(i).norm() * x.row(j).norm();
        c(i, j) = i == j || length == 0 ? 0 : x.row(i).dot(x.row(j)) / length;
      }
    return c;
  };
  numbers const mu = q.transpose() * z, s = cosine(z), r = cosine(mu);
  double value = 0;
  for (idx i = 0; i < z.rows(); ++i) {
    double pos = 0;
    for (idx j = 0; j < z.rows(); ++j) pos += adjacency(i, j) * std::exp(o.sharpness * s(i, j));
    value -= std::log(pos) / double(z.rows());
  }
  for (idx c = 0; c < mu.rows(); ++c) {
    double neg = 0;
    for (idx d = 0; d < mu.rows(); ++d)
      if (c != d || o.include_self_cluster) neg += std::exp(o.sharpness * r(c, d));
    value += std::log(neg) / double(mu.rows());
  }
  return value;
}

void check_differences(numbers const& x, numbers const& gradient, std::function<double(numbers const&)> const& f) {
  REQUIRE(gradient.rows() == x.rows());
  REQUIRE(gradient.cols() == x.cols());
  CHECK(gradient.cwiseAbs().maxCoeff() > 1e-4);
  for (idx k = 0; k < x.size(); ++k) {
    numbers up = x, down = x;
    up.data()[k] += 1e-5, down.data()[k] -= 1e-5;
    double const slope = (f(up) - f(down)) / 2e-5;
    if (std::abs(slope - gradient.data()[k]) > 1e-8)
      FAIL_CHECK("element " << k << ": " << gradient.data()[k] << ", differences say " << slope);
  }
}
void check_close(numbers const& a, numbers const& b, double tolerance = 1e-13) {
  REQUIRE(a.rows() == b.rows());
  CHECK((a - b).cwiseAbs().maxCoeff() < tolerance);
}

idx const n = 13, dim = 5, clusters = 4;
numbers const z = normal_rows(n, dim, 1);
std::vector<idx> const of = some_clusters(n, clusters, 2);
network const net(n, 3);
hard_clusters const hard{of, clusters};

}  // namespace

TEST_CASE("pamc: graph and matrix, hard and soft, are the formula and its differences", "[loss]") {
  for (bool self : {true, false})
    for (double sharpness : {0.25, 1.5}) {
      loss::pamc const o{sharpness, self};
      numbers const q = normal_rows(n, clusters, 4).cwiseAbs(), same = one_hot(of, clusters);
      auto const f = [&](numbers const& assign) { return [&](numbers const& at) { return pamc_by_hand(at, assign, net.dense, o); }; };
      auto const by_list = pamc(z, hard, net.edges(), o), by_matrix = pamc(z, hard, net.dense, o),
                 soft_list = pamc(z, soft_clusters<double>(q), net.edges(), o),
                 soft_matrix = pamc(z, soft_clusters<double>(q), net.dense, o);
      CHECK(by_list.value == Approx(f(same)(z)).epsilon(1e-13));
      CHECK(soft_list.value == Approx(f(q)(z)).epsilon(1e-13));
      CHECK(by_matrix.value == Approx(by_list.value).epsilon(1e-13));
      CHECK(soft_matrix.value == Approx(soft_list.value).epsilon(1e-13));
      CHECK(by_list.value == by_list.neighbours + by_list.negatives);
      check_close(by_matrix.nodes, by_list.nodes), check_close(soft_matrix.nodes, soft_list.nodes);
      check_differences(z, by_list.nodes, f(same)), check_differences(z, soft_list.nodes, f(q));
    }
}

TEST_CASE("on_edges: the derivative by a constant on all scores is that of the same pairs in a matrix", "[loss]") {
  loss::neighbours const l{1.5};
  auto const r = on_edges(l, z, net.edges());
  CHECK(r.shift == Approx(-1));
  auto const whole = objective(l).value_and_grad(z, pool::bank(z, roles::all_negative{}, bias::weights<double>(as_view(net.dense))));
  CHECK(r.shift == Approx(whole.shift));
  CHECK(on_edges(l, z, net.edges(), similarity::cosine{}, {.executor = threads(3), .budget = 0}).shift == r.shift);
}

TEST_CASE("pamc: no thread, budget or tile changes a bit", "[loss]") {
  idx const many = 700;  // enough pairs for workers to be started, and lists longer than a slice of 256 edges
  numbers const x = normal_rows(many, dim, 5);
  matrix<float> const narrow = x.cast<float>();
  network const big(many, 6, true);
  std::vector<idx> const groups = some_clusters(many, 150, 7);
  hard_clusters const h{groups, 150};
  auto const run = [&](execution const& how) { return pamc(x, h, big.edges(), {}, how); };
  auto const one = run({});
  CHECK(one.value == Approx(pamc_by_hand(x, one_hot(groups, 150), big.dense, {})).epsilon(1e-12));
  for (execution const& how :
       {execution{threads(2)}, execution{threads(3)}, execution{threads(3), 4096}, execution{threads(2), 1}, execution{{}, 1}}) {
    auto const r = run(how);
    CHECK(r.value == one.value);
    CHECK((r.nodes.array() == one.nodes.array()).all());
    CHECK(r.neighbours_of == one.neighbours_of);
  }
  foil::graph<float> const unweighted(big.offsets, big.ids);  // no weights: all 1
  auto const f = pamc(narrow, h, unweighted);
  CHECK(double(f.value) == Approx(one.value).epsilon(1e-5));
  CHECK((f.nodes.cast<double>() - one.nodes).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("pamc: scale, the numbers of clusters and the order of nodes change nothing", "[loss]") {
  auto const r = pamc(z, hard, net.edges());
  auto const scaled = pamc((8 * z).eval(), hard, net.edges());
  CHECK(scaled.value == Approx(r.value).epsilon(1e-13));
  check_close(8 * scaled.nodes, r.nodes);
  CHECK((r.nodes.array() * z.array()).sum() == Approx(0).margin(1e-13));  // the gradient is orthogonal to scaling
  std::vector<idx> relabelled;
  for (idx const c : of) relabelled.push_back((c + 3) % clusters);
  auto const other = pamc(z, hard_clusters{relabelled, clusters}, net.edges());
  CHECK(other.value == Approx(r.value).epsilon(1e-13));
  check_close(other.nodes, r.nodes);

  numbers flipped = z.colwise().reverse(), dense = net.dense.reverse();
  std::vector<idx> const back(of.rbegin(), of.rend());
  auto const reversed = pamc(flipped, hard_clusters{back, clusters}, dense);
  CHECK(reversed.value == Approx(r.value).epsilon(1e-13));
  check_close(reversed.nodes.colwise().reverse(), r.nodes);
}

TEST_CASE("pamc: singletons are negatives of nodes, an empty cluster has cosine 0 with all", "[loss]") {
  std::vector<idx> alone;
  for (idx i = 0; i < n; ++i) alone.push_back(i);
  auto const r = pamc(z, hard_clusters{alone, n}, net.edges(), {1.2});
  auto const nodes = objective(loss::log_spread{1.2}).value_and_grad(z, pool::self(z));
  CHECK(r.negatives == nodes.value);
  auto const with_empty = pamc(z, hard_clusters{of, clusters + 1}, net.edges());
  CHECK(with_empty.empty_clusters == 1);
  CHECK(with_empty.negatives_of.back() == Approx(std::log(clusters + 1.0)));
  numbers const wide = one_hot(of, clusters + 1);
  check_differences(z, with_empty.nodes, [&](numbers const& at) { return pamc_by_hand(at, wide, net.dense, {}); });
  std::vector<idx> const start{0};
  CHECK(pamc(numbers(0, dim), hard_clusters{{}, 3}, foil::graph<double>(start, {})).value == 0);
}

TEST_CASE("pamc: a zero node and huge sharpness stay finite; one cluster is worth nothing", "[loss]") {
  numbers x = z;
  x.row(3).setZero();
  for (double sharpness : {1.0, 1e4}) {
    auto const r = pamc(x, hard, net.edges(), {sharpness});
    CHECK(first_bad(r.nodes.data(), r.nodes.size()) == -1);
    CHECK(std::abs(r.value) <= 3 * sharpness);
  }
  std::vector<idx> const all(std::size_t(n), 0);
  CHECK(pamc(z, hard_clusters{all, 1}, net.edges()).negatives == 0);
  CHECK_THROWS_AS(pamc(z, hard_clusters{all, 1}, net.edges(), {0.5, false}), error);
}

TEST_CASE("pamc: refuses what has no value, by name", "[loss]") {
  auto const refused = [&](network const& g, char const* what) {
    CHECK_THROWS_WITH(pamc(z, hard, g.edges()), Catch::Contains(what));
    CHECK_THROWS_AS(pamc(z, hard, g.dense), error);
  };
  network lonely = net;  // node 4 has edges of weight 0 alone
  for (idx e = lonely.offsets[4]; e < lonely.offsets[5]; ++e) lonely.weights[std::size_t(e)] = 0;
  lonely.dense.row(4).setZero();
  refused(lonely, "node 4 has no edge");
  network negative = net;
  negative.weights[0] = -1, negative.dense(0, negative.ids[0]) = -1;
  refused(negative, "edge 0");
  negative.weights[0] = quiet_nan<double>(), negative.dense(0, negative.ids[0]) = quiet_nan<double>();
  refused(negative, "edge 0");
  numbers bad = z;
  bad(2, 1) = infinity<double>();
  CHECK_THROWS_WITH(pamc(bad, hard, net.edges()), Catch::Contains("pamc: z holds a NaN or an infinity at row 2"));
  for (double sharpness : {0.0, -1.0, quiet_nan<double>()}) CHECK_THROWS_AS(pamc(z, hard, net.edges(), {sharpness}), error);
  CHECK_THROWS_AS(pamc(z, hard_clusters{of, 3}, net.edges()), error);
  CHECK_THROWS_AS(pamc(z, soft_clusters<double>(bad), net.edges()), error);
  numbers const narrow = net.dense.leftCols(n - 1);
  CHECK_THROWS_AS(pamc(z, hard, narrow), error);
}

TEST_CASE("meow: the formula, its differences, and what repeated or trivial clusterings do", "[loss]") {
  numbers const a = normal_rows(n, dim, 11).rowwise().normalized(), b = normal_rows(n, dim, 12).rowwise().normalized();
  std::vector<idx> const first = some_clusters(n, 3, 13), second = some_clusters(n, 5, 14);
  numbers const c1 = normal_rows(3, dim, 15).rowwise().normalized(), c2 = normal_rows(5, dim, 16).rowwise().normalized();
  std::vector<double> const phi1{0.5, 0.9, 0.4}, phi2{0.3, 0.8, 0.6, 0.5, 0.7};
  std::vector<clustering<double>> const all{{first, as_view(c1), phi1}, {second, as_view(c2), phi2}};
  using span = std::span<clustering<double> const>;
  auto const by_hand = [&](numbers const& x, numbers const& y) {
    double value = 0;
    for (idx i = 0; i < n; ++i) {
      double sum = 0;
      for (idx j = 0; j < n; ++j)
        sum += double((first[std::size_t(i)] != first[std::size_t(j)]) + (second[std::size_t(i)] != second[std::size_t(j)])) *
               std::exp(x.row(i).dot(y.row(j)) / 0.4);
      value += (std::log(sum) - x.row(i).dot(y.row(i)) / 0.4) / double(n);
      for (clustering<double> const& c : all) {
        double z0 = 0;
        auto const logit = [&](idx k) {
          return double(x.row(i).dot(Eigen::Map<Eigen::RowVectorXd const>(c.centroids.row(k), dim))) / c.density[std::size_t(k)];
        };
        for (idx k = 0; k < c.centroids.rows(); ++k) z0 += std::exp(logit(k));
        value += 0.7 * (std::log(z0) - logit(c.labels[i])) / double(n) / 2;
      }
    }
    return value;
  };
  auto const r = meow(a, b, span(all), {0.4, 0.7});
  CHECK(r.value == Approx(by_hand(a, b)).epsilon(1e-13));
  CHECK(r.value == Approx(r.info + 0.7 * r.proto));
  check_differences(a, r.anchors, [&](numbers const& x) { return by_hand(x, b); });
  check_differences(b, r.nodes, [&](numbers const& x) { return by_hand(a, x); });

  std::vector<clustering<double>> const twice{all[0], all[0], all[0]};
  auto const once = meow(a, b, span(all).first(1)), thrice = meow(a, b, span(twice));
  CHECK(thrice.info == Approx(once.info + std::log(3)));
  CHECK(thrice.proto == Approx(once.proto));
  check_close(thrice.anchors, once.anchors), check_close(thrice.nodes, once.nodes);

  std::vector<idx> alone, together(std::size_t(n), 2);
  for (idx i = 0; i < n; ++i) alone.push_back(i);
  std::vector<clustering<double>> const singletons{{alone, {}, {}}}, one{{together, {}, {}}};
  auto const plain = objective(loss::decoupled{0.4}, similarity::dot{}).value_and_grad(a, pool::in_batch(b));
  CHECK(meow(a, b, span(singletons), {0.4, 0}).value == plain.value);
  CHECK_THROWS_WITH(meow(a, b, span(one), {0.4, 0}), Catch::Contains("one cluster"));
  CHECK_THROWS_AS(meow(a, b, span{}), error);
  CHECK_THROWS_AS(meow(a, b, span(all), {0.0}), error);
  std::vector<double> const flat{0.5, 0, 0.4};
  std::vector<clustering<double>> const no_phi{{first, as_view(c1), flat}};
  CHECK_THROWS_WITH(meow(a, b, span(no_phi)), Catch::Contains("meow: the density of cluster 1"));
  numbers const unread = numbers::Constant(n, dim, std::numeric_limits<double>::quiet_NaN());  // clusterings are looked at first
  CHECK_THROWS_WITH(meow(unread, b, span(no_phi)), Catch::Contains("meow: the density of cluster 1"));
  CHECK_THROWS_WITH(prototypical(a, no_phi[0]), Catch::Contains("prototypical: the density of cluster 1"));
}

TEST_CASE("proxies: meta-nodes with the size of their clusters, and the gradient through them", "[loss]") {
  numbers const k = normal_rows(n, dim, 21);
  std::vector<idx> members(std::size_t(clusters), 0);
  for (idx const c : of) ++members[std::size_t(c)];
  auto const f = [&](numbers const& q, numbers const& x) {
    numbers const mu = meta_nodes(x, hard);
    auto r = objective(loss::decoupled{0.3}).value_and_grad(q, pool::in_batch(k), pool::proxies(mu, of, bias::cluster_size(members)));
    numbers through = numbers::Zero(n, dim);
    add_to_members(hard, r.pools[1], through);
    return std::tuple{r.value, r.anchors, through};
  };
  auto const by_hand = [&](numbers const& q, numbers const& x) {
    numbers const mu = one_hot(of, clusters).transpose() * x;
    double value = 0;
    for (idx i = 0; i < n; ++i) {
      auto const u = [&](auto const& c) { return q.row(i).normalized().dot(c.normalized()) / 0.3; };
      double sum = 0;
      for (idx j = 0; j < n; ++j) sum += j == i ? 0 : std::exp(u(k.row(j)));
      for (idx c = 0; c < clusters; ++c) sum += c == of[std::size_t(i)] ? 0 : double(members[std::size_t(c)]) * std::exp(u(mu.row(c)));
      value += (std::log(sum) - u(k.row(i))) / double(n);
    }
    return value;
  };
  numbers const q = normal_rows(n, dim, 22);
  auto const [value, anchors, through] = f(q, z);
  CHECK(value == Approx(by_hand(q, z)).epsilon(1e-13));
  check_differences(q, anchors, [&](numbers const& x) { return by_hand(x, z); });
  check_differences(z, through, [&](numbers const& x) { return by_hand(q, x); });
}
