#include "gateway/imports/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/text.h"

namespace gateway::imports {

namespace {

constexpr int kMostNesting = 32;

std::string place_of(yaml_mark_t const& mark) {
  return fmt::format("line {}, column {}", mark.line + 1, mark.column + 1);
}

/// A plain word as YAML 1.2 understands it; 1.1's `yes` and `on` are words to most writers of these files.
Json plain_value(std::string const& word) {
  constexpr std::array<std::string_view, 5> kNothing{"", "~", "null", "Null", "NULL"};
  if (std::ranges::find(kNothing, word) != kNothing.end()) return nullptr;
  if (word == "true" || word == "True" || word == "TRUE") return true;
  if (word == "false" || word == "False" || word == "FALSE") return false;
  auto const* const end = word.data() + word.size();
  std::int64_t whole = 0;
  if (auto const read = std::from_chars(word.data(), end, whole); read.ec == std::errc{} && read.ptr == end) {
    // 007 and the like are names, and would lose their zeros.
    if (whole < 0) return std::to_string(whole) == word ? Json(whole) : Json(word);
    return std::to_string(whole) == word ? Json(static_cast<std::uint64_t>(whole)) : Json(word);
  }
  double number = 0;
  auto const read = std::from_chars(word.data(), end, number);
  auto const is_number = read.ec == std::errc{} && read.ptr == end && std::isfinite(number);
  return is_number ? Json(number) : Json(word);
}

/// An event of the parser, which owns what it points to.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(Event const&) = delete;
  Event& operator=(Event const&) = delete;

  [[nodiscard]] bool next(yaml_parser_t& parser) {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser, &event_) != 0;
  }
  [[nodiscard]] yaml_event_type_t type() const { return event_.type; }
  [[nodiscard]] std::string place() const { return place_of(event_.start_mark); }
  [[nodiscard]] std::string word() const {
    auto const& scalar = event_.data.scalar;
    return {reinterpret_cast<char const*>(scalar.value), scalar.length};
  }
  [[nodiscard]] bool is_plain() const { return event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE; }
  [[nodiscard]] bool has_anchor() const {
    return (type() == YAML_ALIAS_EVENT) || (type() == YAML_SCALAR_EVENT && event_.data.scalar.anchor != nullptr) ||
           (type() == YAML_MAPPING_START_EVENT && event_.data.mapping_start.anchor != nullptr) ||
           (type() == YAML_SEQUENCE_START_EVENT && event_.data.sequence_start.anchor != nullptr);
  }

 private:
  yaml_event_t event_{};
};

/// Builds the tree from the parser's events. The first error ends it.
class YamlReader {
 public:
  YamlReader(std::string_view text, config::ConfigReport& report) : report_(report) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<unsigned char const*>(text.data()), text.size());
  }
  ~YamlReader() { yaml_parser_delete(&parser_); }
  YamlReader(YamlReader const&) = delete;
  YamlReader& operator=(YamlReader const&) = delete;

  std::optional<Json> document() {
    while (next()) {
      if (event_.type() == YAML_STREAM_END_EVENT) break;
      if (event_.type() == YAML_STREAM_START_EVENT || event_.type() == YAML_DOCUMENT_START_EVENT) continue;
      auto tree = value(0);
      while (next() && event_.type() != YAML_STREAM_END_EVENT) {
        if (event_.type() == YAML_DOCUMENT_START_EVENT)
          wrong(event_.place(), "expected one document, found another; give it a file of its own");
      }
      return report_.errors.empty() ? std::move(tree) : std::nullopt;
    }
    wrong("the file", "it is empty");
    return std::nullopt;
  }

 private:
  bool next() {
    if (!report_.errors.empty()) return false;
    if (!event_.next(parser_)) {
      auto const* const problem = parser_.problem == nullptr ? "it cannot be read" : parser_.problem;
      wrong(place_of(parser_.problem_mark), fmt::format("not valid YAML: {}", problem));
      return false;
    }
    if (!event_.has_anchor()) return true;
    wrong(event_.place(), "expected a value, found an anchor or alias of YAML; write out what it stands for");
    return false;
  }

  void wrong(std::string where, std::string what) {
    if (report_.errors.empty()) report_.errors.push_back({std::move(where), std::move(what)});
  }

  /// The value that the present event begins.
  std::optional<Json> value(int depth) {
    if (depth > kMostNesting) wrong(event_.place(), fmt::format("expected at most {} levels of nesting", kMostNesting));
    if (!report_.errors.empty()) return std::nullopt;
    if (event_.type() == YAML_MAPPING_START_EVENT) return mapping(depth);
    if (event_.type() == YAML_SEQUENCE_START_EVENT) return sequence(depth);
    return event_.is_plain() ? plain_value(event_.word()) : Json(event_.word());
  }

  std::optional<Json> mapping(int depth) {
    Json object = Json::object();
    while (next() && event_.type() != YAML_MAPPING_END_EVENT) {
      if (event_.type() != YAML_SCALAR_EVENT) wrong(event_.place(), "expected a word as a key");
      auto const key = report_.errors.empty() ? event_.word() : std::string{};
      if (object.contains(key)) wrong(event_.place(), "this key stands twice");
      if (!next()) return std::nullopt;
      auto member = value(depth + 1);
      if (!member) return std::nullopt;
      object[key] = *std::move(member);
    }
    return report_.errors.empty() ? std::optional(std::move(object)) : std::nullopt;
  }

  std::optional<Json> sequence(int depth) {
    Json list = Json::array();
    while (next() && event_.type() != YAML_SEQUENCE_END_EVENT) {
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      list.push_back(*std::move(element));
    }
    return report_.errors.empty() ? std::optional(std::move(list)) : std::nullopt;
  }

  config::ConfigReport& report_;
  yaml_parser_t parser_{};
  Event event_;
};

}  // namespace

bool looks_like_yaml(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const c = text[at];
    if (c == '#') return true;
    auto const end = c == '/' ? config::skip_comment_or_text(text, at) : at;
    if (end == at && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      auto const is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      return is_name || text.substr(at).starts_with("---") || text.substr(at).starts_with("%YAML") ||
             text.substr(at).starts_with("- ");
    }
    at = std::max(end, at + 1);
  }
  return false;
}

std::optional<Json> parse_yaml(std::string_view text, config::ConfigReport& report) {
  if (auto const why = config::not_a_text(text)) {
    report.errors.push_back({"the file", *why});
    return std::nullopt;
  }
  auto tree = YamlReader{text, report}.document();
  if (!tree || tree->is_object()) return tree;
  report.errors.push_back({"the file", "expected keys such as mcp_servers: at its top"});
  return std::nullopt;
}

}  // namespace gateway::imports
