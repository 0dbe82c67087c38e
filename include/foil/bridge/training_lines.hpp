// SPDX-License-Identifier: BSD-3-Clause
// Mined rows as JSON lines for trainers: the layouts of sentence-transformers, FlagEmbedding and Tevatron. One file because the layouts
// share their fields and their checks.
#pragma once

#include <array>
#include <charconv>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "foil/bridge/json_string.hpp"
#include "foil/bridge/passage.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/mine/training_rows.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// What a line holds. Only rows with positives and negatives become lines. With scores, sentence-transformers' layouts gain what stands in
/// brackets, as its mine_hard_negatives(output_scores=True) writes it; an infinite score is null. Positives that were never scored are
/// left out.
enum class dialect {
  triplet,         ///< anchor, positive, negative [scores: of both], a line for each positive and negative
  n_tuple,         ///< anchor, positive, negative_1 .. negative_n [scores: of all], a line for each positive; only rows with all n
  labelled_pair,   ///< anchor, positive (a document), label 1 or 0 [score in its place]
  labelled_list,   ///< anchor, positive (a list: a positive, then the negatives), labels [scores in their place], a line for each positive
  flag_embedding,  ///< query, pos (list), neg (list) [pos_scores, neg_scores]
  tevatron         ///< query_id, query, positive_passages and negative_passages: lists of docid, title, text; no scores
};

inline constexpr std::array<char const*, 6> dialect_names{"triplet",       "n-tuple",        "labelled-pair",
                                                          "labelled-list", "flag-embedding", "tevatron"};

/// Writes lines of one layout. All texts of a row are checked before its first line is written; a stream that cannot be written to is
/// refused, before and after every row.
template <Scalar S>
class training_lines {
 public:
  /// `name` begins every message.
  training_lines(std::ostream& out, dialect how, bool scores = false, invalid_utf8 otherwise = invalid_utf8::refuse,
                 std::string name = "training_lines")
      : out_(out), how_(how), scores_(scores), otherwise_(otherwise), name_(std::move(name)) {
    check_option(name_.c_str(), "dialect", idx(how), range::whole{0, idx(dialect::tevatron)});
    require(how != dialect::tevatron || !scores, name_, ": lines for Tevatron hold no scores");
    require(out.good(), name_, ": the stream cannot be written to (a file that is not open, or an earlier failure)");
  }

  /// All rows of a mining call. query(anchor) and document(id) return a passage.
  template <class Query, class Document>
  void write(mined<S> const& m, Query const& query, Document const& document) {
    for (idx row = 0; row < m.rows; ++row) {
      auto const a = std::size_t(m.anchor[std::size_t(row)]);
      if (row == 0 || m.anchor[std::size_t(row) - 1] != idx(a))
        for (idx p = m.positive_offsets[a]; p < m.positive_offsets[a + 1]; ++p)
          unscored_ += ineligible_bits(m.positive_scores[std::size_t(p)]);
      std::vector<idx> positives;
      mining::each_positive_of_row(m, row, [&](idx p) {
        if (!ineligible_bits(m.positive_scores[std::size_t(p)])) positives.push_back(p);
      });
      idx const found = m.count(row);
      if (positives.empty() || found == 0 || (how_ == dialect::n_tuple && found < m.per_row)) {
        ++left_out_;
        continue;
      }
      anchor_ = query(m.anchor[std::size_t(row)]);
      positive_.clear(), negative_.clear();
      for (idx p : positives) positive_.push_back({document(m.positives[std::size_t(p)]), m.positive_scores[std::size_t(p)]});
      for (idx k = 0; k < found; ++k) negative_.push_back({document(m.id(row, k)), m.score(row, k)});
      check_texts();
      text_.clear();
      append_lines();
      out_ << text_;
      require(bool(out_), name_, ": writing the lines of query ", anchor_.id, " failed (a full disk?)");
    }
  }
  /// Flushes; refuses a stream that could not take everything.
  void finish() {
    out_.flush();
    require(bool(out_), name_, ": the last of ", lines_, " lines could not be written (a full disk?)");
  }

  idx lines() const { return lines_; }        ///< written
  idx left_out() const { return left_out_; }  ///< rows without a positive, without a negative, or (n_tuple) without all of them
  idx unscored() const { return unscored_; }  ///< positives that were never scored (rows that hold no numbers): they are in no line

 private:
  struct scored {
    passage what;
    S score;
  };

  void check_texts() const {
    if (otherwise_ != invalid_utf8::refuse) return;
    auto const check = [&](passage const& p, char const* kind) {
      for (std::string const* s : {&p.id, &p.title, &p.text})
        if (idx const at = first_invalid(*s); at >= 0)
          require(false, name_, ": byte ", at, " of the ",
                  s == &p.id      ? "id"
                  : s == &p.title ? "title"
                                  : "text",
                  " of ", kind, " ", s == &p.id ? std::string() : p.id, " is not UTF-8 (replace it by U+FFFD with invalid_utf8::replace)");
    };
    check(anchor_, "query");
    for (auto const* list : {&positive_, &negative_})
      for (scored const& d : *list) check(d.what, "document");
  }
  void append_lines() {
    switch (how_) {
      case dialect::triplet:
        for (scored const& p : positive_)
          for (scored const& n : negative_) {
            pair("anchor", anchor_, "positive", p);
            field("negative", n.what);
            if (scores_) list("scores", {&p, 1}, {&n, 1}, &training_lines::score);
            end();
          }
        break;
      case dialect::n_tuple:
        for (scored const& p : positive_) {
          pair("anchor", anchor_, "positive", p);
          for (std::size_t k = 0; k < negative_.size(); ++k) field(("negative_" + std::to_string(k + 1)).c_str(), negative_[k].what);
          if (scores_) list("scores", {&p, 1}, negative_, &training_lines::score);
          end();
        }
        break;
      case dialect::labelled_pair:
        for (auto const* documents : {&positive_, &negative_})
          for (scored const& d : *documents) {
            pair("anchor", anchor_, "positive", d);
            name(scores_ ? "score" : "label");
            scores_ ? score(d) : void(text_ += documents == &positive_ ? '1' : '0');
            end();
          }
        break;
      case dialect::labelled_list:
        for (scored const& p : positive_) {
          field("anchor", anchor_);
          list("positive", {&p, 1}, negative_, &training_lines::joined);
          if (scores_)
            list("scores", {&p, 1}, negative_, &training_lines::score);
          else
            name("labels"), text_ += "[1";
          for (std::size_t k = 0; !scores_ && k < negative_.size(); ++k) text_ += ", 0";
          if (!scores_) text_ += ']';
          end();
        }
        break;
      case dialect::flag_embedding:
        field("query", anchor_);
        list("pos", positive_, {}, &training_lines::joined), list("neg", negative_, {}, &training_lines::joined);
        if (scores_) list("pos_scores", positive_, {}, &training_lines::score), list("neg_scores", negative_, {}, &training_lines::score);
        end();
        break;
      case dialect::tevatron:
        name("query_id"), string(anchor_.id);
        field("query", anchor_);
        list("positive_passages", positive_, {}, &training_lines::whole), list("negative_passages", negative_, {}, &training_lines::whole);
        end();
    }
  }

  void pair(char const* first, passage const& a, char const* second, scored const& b) { field(first, a), field(second, b.what); }
  void field(char const* key, passage const& p) { name(key), string(p.joined()); }
  void name(char const* key) {
    text_ += fresh_ ? "{\"" : ", \"";
    text_ += key, text_ += "\": ", fresh_ = false;
  }
  void end() { text_ += "}\n", fresh_ = true, ++lines_; }
  void string(std::string const& s) { append_json_string(text_, s, otherwise_); }
  void list(char const* key, std::span<scored const> first, std::span<scored const> second, void (training_lines::*one)(scored const&)) {
    name(key), text_ += '[';
    bool comma = false;
    for (auto const& part : {first, second})
      for (scored const& d : part) text_ += std::exchange(comma, true) ? ", " : "", (this->*one)(d);
    text_ += ']';
  }
  void joined(scored const& d) { string(d.what.joined()); }
  void score(scored const& d) {
    if (!finite_bits(d.score)) return void(text_ += "null");
    char digits[32];  // as few as read back exactly
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, d.score).ptr);
  }
  void whole(scored const& d) {
    text_ += "{\"docid\": ", string(d.what.id), text_ += ", \"title\": ", string(d.what.title),
        text_ += ", \"text\": ", string(d.what.text);
    text_ += '}';
  }

  std::ostream& out_;
  dialect how_;
  bool scores_;
  invalid_utf8 otherwise_;
  std::string name_, text_;
  passage anchor_;
  std::vector<scored> positive_, negative_;
  bool fresh_ = true;
  idx lines_ = 0, left_out_ = 0, unscored_ = 0;
};

}}  // namespace foil::bridge
