// SPDX-License-Identifier: BSD-3-Clause
// One object of a JSON lines file, with errors that name file, line and field. Needs nlohmann-json (Debian: nlohmann-json3-dev), which
// checks UTF-8 and the grammar to the letter, has no library to link and no padding to keep behind the bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foil/bridge/text_lines.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

class json_line {
 public:
  /// `where`: "file:line". Refuses what is no JSON object.
  json_line(std::string_view line, std::string where) : where_(std::move(where)) {
    try {
      object_ = nlohmann::json::parse(line.begin(), line.end());
    } catch (nlohmann::json::exception const& e) {
      std::string what = e.what();
      if (std::size_t const at = what.find("] "); at != what.npos) what.erase(0, at + 2);  // its own code
      require(false, where_, ": is no JSON: ", what);
    }
    require(object_.is_object(), where_, ": wanted is an object {...}, the line holds ", a(object_));
  }

  bool has(char const* field) const { return object_.contains(field); }
  /// The first of the names that is a field; refuses an object without any.
  char const* one_of(std::initializer_list<char const*> names) const {
    std::string list;
    for (char const* name : names) {
      if (has(name)) return name;
      list += (list.empty() ? "" : ", ") + std::string(name);
    }
    require(false, where_, ": has none of the fields ", list);
    return nullptr;
  }
  std::string const& text(char const* field) const {
    nlohmann::json const& x = at(field);
    require(x.is_string(), where_, ": ", field, " must be a string, not ", a(x));
    return x.get_ref<std::string const&>();
  }
  /// A string, or a whole number as it is written.
  std::string id(char const* field) const { return id_of(at(field), field); }
  /// A list of ids. A single string is refused, not taken for the list of its letters.
  std::vector<std::string> ids(char const* field) const {
    std::vector<std::string> out;
    for (nlohmann::json const& x : list(field)) out.push_back(id_of(x, field));
    return out;
  }
  std::vector<std::string> texts(char const* field) const {
    std::vector<std::string> out;
    for (nlohmann::json const& x : list(field)) {
      require(x.is_string(), where_, ": ", field, " must hold strings, not ", a(x));
      out.push_back(x.get<std::string>());
    }
    return out;
  }
  int whole(char const* field) const {
    nlohmann::json const& x = at(field);
    require(x.is_number_integer() && x.get<double>() >= -2147483648.0 && x.get<double>() <= 2147483647.0, where_, ": ", field,
            " must be a whole number of 32 bits, not ", a(x));
    return x.get<int>();
  }
  nlohmann::json const& object() const { return object_; }
  std::string const& where() const { return where_; }

 private:
  nlohmann::json const& at(char const* field) const {
    auto const found = object_.find(field);
    require(found != object_.end(), where_, ": has no field ", field);
    return *found;
  }
  nlohmann::json const& list(char const* field) const {
    nlohmann::json const& x = at(field);
    require(x.is_array(), where_, ": ", field, " must be a list [...], not ", a(x));
    return x;
  }
  std::string id_of(nlohmann::json const& x, char const* field) const {
    require(x.is_string() || x.is_number_integer(), where_, ": ", field, " must hold ids, strings or whole numbers, not ", a(x));
    return x.is_string() ? x.get<std::string>() : x.dump();
  }
  static std::string a(nlohmann::json const& x) {
    return std::string(x.type_name()) == "null" ? "null" : std::string("a value of type ") + x.type_name();
  }

  std::string where_;
  nlohmann::json object_;
};

}}  // namespace foil::bridge
