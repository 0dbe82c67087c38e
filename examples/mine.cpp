// SPDX-License-Identifier: BSD-3-Clause
// Mines hard negatives from files to files: embeddings in, training lines out. mine --help is its manual page.
//
// Every block of queries is mined by block_miner::mine and kept as a file; the output is made from the blocks, so that a job that
// was interrupted anywhere ends with the same bytes. Another way to share out blocks needs block_miner and parts, no more.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>

#include "mine/block_miner.hpp"
#include "mine/command_line.hpp"
#include "mine/outputs.hpp"
#include "mine/parts.hpp"
#include "mine/progress.hpp"
#include "mine/ranks.hpp"
#include "mine/recall.hpp"
#include "mine/report.hpp"
#include "wordnet/report.hpp"

namespace {

using namespace miner;
using wordnet::stopwatch;

/// All that decides which rows are mined.
nlohmann::ordered_json manifest_of(options const& o, inputs const& in) {
  auto const number = [](std::optional<double> x) { return x ? nlohmann::ordered_json(*x) : nlohmann::ordered_json("none"); };
  auto const& m = o.mining;
  nlohmann::ordered_json all{{"version", 2},
                             {"--block", o.block},
                             {"--similarity", int(o.similarity)},
                             {"--negatives", m.negatives},
                             {"--range-min", m.range_min},
                             {"--range-max", m.range_max},
                             {"--stage", int(m.stage)},
                             {"--sampling", o.sampling},
                             {"--temperature", o.sampling == "softmax" ? o.temperature : 0},
                             {"--shortage", int(m.shortage)},
                             {"--include-positives", m.include_positives},
                             {"--seed", m.seed},
                             {"--epoch", m.epoch},
                             {"--bad-rows", int(m.bad_rows)},
                             {"--exclude-same-id", o.exclude_same_id},
                             {"--min-score", number(o.min_score)},
                             {"--max-score", number(o.max_score)},
                             {"--absolute-margin", number(o.absolute_margin)},
                             {"--relative-margin", number(o.relative_margin)},
                             {"--margin-of", int(o.margin_of)},
                             {"--near-duplicate", number(o.near_duplicate)},
                             {"--guide-margin", o.guide_margin}};
  for (auto const& [use, hash] : in.fingerprints()) all["file of " + use] = hash;
  return all;
}

/// Mines the blocks that are missing.
template <foil::Scalar S>
void mine_blocks(inputs const& in, block_miner<S>& work, std::optional<parts<S>>& blocks, ranks const& all) {
  options const& o = in.o;
  idx const n = in.queries.n();
  std::vector<idx> missing;
  for (idx b = 0; blocks && b < o.blocks(n); ++b)
    if (!blocks->has(b)) missing.push_back(b);
  missing = all.of_first(missing);
  idx done = n;
  for (idx b : missing) done -= (std::min)(o.block, n - b * o.block);
  if (done > 0) std::fprintf(stderr, "mine: going on; %td of %td queries are done\n", done, n);
  progress bar(n, done);
  for (idx b : missing) {
    idx const from = b * o.block, to = from + (std::min)(o.block, n - from);
    auto watch = [&](idx rows, idx, char const*) {
      bar.tell(done + rows);
      return stop_wanted == 0;
    };
    foil::mined<S> const found = work.mine(from, to, foil::progress(watch));
    if (found.cancelled) throw interrupted();
    if (blocks) blocks->save(b, found);
    done += to - from;
    bar.tell(done, done == n);
  }
}

template <foil::Scalar S>
void run(options const& o, inputs const& in, stopwatch& watch, ranks const& all) {
  std::optional<parts<S>> blocks;  // the first process keeps the files
  if (all.first()) {
    auto const manifest = watch.time("hashing inputs", [&] { return manifest_of(o, in); });
    blocks.emplace(o.out + ".parts", manifest, o.restart);
    blocks->will_write(outputs<S>::names(o));
  }
  block_miner<S> work(in, all);
  watch.time("mining", [&] { mine_blocks(in, work, blocks, all); });
  totals sum;
  if (blocks) sum = watch.time("writing", [&] { return outputs<S>(in, *blocks).write(); });
  recall const r = watch.time("recall", [&] { return recall_of(in, work); });
  if (!blocks) return;
  blocks->remove();
  print_report(in, sum, r);
}

/// Refuses, before any work, a place where the output cannot be put. An unfinished job may have put some of its own there.
void check_outputs(options const& o) {
  namespace fs = std::filesystem;
  std::vector<std::string> const own = o.restart ? std::vector<std::string>{} : parts<float>::outputs(o.out + ".parts");
  foil::require(!fs::path(o.out).filename().empty(), "--out must name a file, got ", o.out.empty() ? "nothing" : "the folder " + o.out);
  for (std::string const& name : outputs<float>::names(o)) {
    std::error_code none;
    foil::require(!fs::is_directory(name, none), name, ": is a folder");
    for (std::string const& written : {name, new_file::part_of(name)})
      for (std::string const& input : o.inputs())
        foil::require(input.empty() || !fs::equivalent(written, input, none), written, ": is an input of the job, and is not replaced");
    bool const goes_on = std::find(own.begin(), own.end(), fs::path(name).filename().string()) != own.end();
    foil::require(o.overwrite || goes_on || !fs::exists(name), name, ": is there already (--overwrite replaces it)");
  }
}

int tool(int count, char** arguments, ranks const& all) try {
  options o;
  int code = 0;
  if (command_line line(o); !line.parse(count, arguments, code)) return code;
  try {
    if (all.first()) check_outputs(o);
  } catch (foil::error const& e) {
    return all.end("mine: " + std::string(foil::without_name(e.what())), 2);
  }
  stop_on_signals();
  stopwatch watch;
  auto const in = watch.time("opening inputs", [&] { return std::make_unique<inputs>(o); });
  in->corpus.wide() ? run<double>(o, *in, watch, all) : run<float>(o, *in, watch, all);
  std::printf("\n");
  watch.print();
  return 0;
} catch (miner::interrupted const&) {
  return all.end("mine: interrupted; the same command goes on where it stopped", 130);
} catch (std::bad_alloc const&) {
  return all.end("mine: not enough memory; fewer --negatives, a smaller --block or smaller --corpus-rows take less", 1);
} catch (std::exception const& e) {
  return all.end("mine: " + std::string(foil::without_name(e.what())), 1);
}

}  // namespace

int main(int count, char** arguments) {
  return ranks::start(count, arguments, [&](ranks const& all) { return tool(count, arguments, all); });
}
