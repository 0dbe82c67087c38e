// SPDX-License-Identifier: BSD-3-Clause
// Answers, tokens and counts of every integer type score alike.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/score.hpp"

using namespace foil;

TEST_CASE("answers: int, unsigned and narrow ids vote as idx does", "[score]") {
  std::vector<idx> const answers{3, 1, 3, 2, 1, 3};
  std::vector<double> const scores{.1, .9, .2, .8, .7, .3}, logprob{-.3, -.2, -.9, -1.5, -.1, -.4};
  auto const run = [&](auto type) {
    std::vector<decltype(type)> const a(answers.begin(), answers.end());
    score::rpc_result const r = score::rpc(a, logprob, a);
    return std::vector<double>{double(score::vote(a).pick_answer),
                               score::vote(a, scores).totals[1],
                               double(score::borda_vote(a, scores).pick_index),
                               r.votes.totals[0],
                               score::maj_at_k(a, 0, 3),
                               double(r.votes.pick_answer)};
  };
  auto const wide = run(idx());
  CHECK(wide[0] == 3);
  for (auto const& other : {run(int()), run(std::size_t()), run(std::uint8_t()), run(std::int8_t()), run(unsigned()), run((long long)(0))})
    CHECK(other == wide);
  std::vector<int> const unanswered{-1, 4, 4};
  CHECK(score::vote(unanswered).unanswered == 1);
  CHECK(score::vote(std::vector<int>{5, 5, 1}).pick_answer == 5);
}
TEST_CASE("tokens and offsets: of any integer type, checked by place", "[score]") {
  matrix<float> const logits = matrix<float>::Random(4, 5);
  std::vector<idx> const wide{0, 4, 2, 1};
  std::vector<int> const narrow{0, 4, 2, 1};
  std::vector<std::uint16_t> const halves{0, 4, 2, 1};
  CHECK(score::logprob_stats(logits, narrow).sum == score::logprob_stats(logits, wide).sum);
  CHECK(score::logprob_stats(logits, halves).sum == score::logprob_stats(logits, wide).sum);
  std::vector<unsigned> const outside{0, 4, 5, 1};
  CHECK(says(refusal([&] { score::logprob_stats(logits, outside); }), {"logprob_stats", "got 5", "position 2"}));
  std::vector<int> const offsets{0, 1, 4};
  std::vector<idx> const same{0, 1, 4};
  CHECK(score::score_sequences(logits, offsets, score::self_certainty{}).value ==
        score::score_sequences(logits, same, score::self_certainty{}).value);
}
TEST_CASE("maj_at_k: counts whose sum no integer holds are refused", "[score]") {
  std::vector<idx> const counts{idx(1) << 62, idx(1) << 62};
  CHECK(says(refusal([&] { score::maj_at_k(counts, 0, 1); }), {"maj_at_k", "sum"}));
}
