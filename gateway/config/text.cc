#include "gateway/config/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gateway::config {

namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kWanted =
    R"(expected JSON such as {"mcpServers": {"NAME": {"command": "...", "args": [...]}}})";

bool is_space(char c) { return kSpaces.find(c) != kSpaces.npos; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

/// The first line that is neither empty nor a comment of YAML, TOML or a shell.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    auto const begin = line.find_first_not_of(kSpaces);
    if (begin != line.npos && line[begin] != '#') return line.substr(begin);
  }
  return {};
}

std::string_view name_at(std::string_view text) {
  if (text.empty() || !is_name_start(text.front())) return {};
  auto const end = std::ranges::find_if_not(text, is_name_part);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view after_spaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kSpaces), text.size()));
}

bool is_yaml(std::string_view line) {
  if (line == "---" || line.starts_with("- ")) return true;
  auto const name = name_at(line);
  auto const rest = line.substr(name.size());
  return !name.empty() && (rest == ":" || rest.starts_with(": "));
}

bool is_script_text(std::string_view line) {
  constexpr std::array<std::string_view, 5> kBegin{"export ", "module.", "const ", "import ", "return "};
  return std::ranges::any_of(kBegin, [&](auto begin) { return line.starts_with(begin); });
}

bool is_toml(std::string_view line) {
  if (line.starts_with('[')) return line.ends_with(']') && !name_at(line.substr(line.find_first_not_of('['))).empty();
  auto const name = name_at(line);
  return !name.empty() && after_spaces(line.substr(name.size())).starts_with('=');
}

std::string line_of(std::string_view text, std::size_t at) {
  return fmt::format("line {}", 1 + std::ranges::count(text.substr(0, at), '\n'));
}

/// A word where JSON has a value. It is only shown where it can be no secret.
std::optional<std::string> bare_value(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMeant{{{"True", "true"},
                                                                                 {"TRUE", "true"},
                                                                                 {"yes", "true"},
                                                                                 {"False", "false"},
                                                                                 {"FALSE", "false"},
                                                                                 {"no", "false"},
                                                                                 {"None", "null"},
                                                                                 {"undefined", "null"}}};
  if (name == "true" || name == "false" || name == "null") return std::nullopt;
  auto const meant = std::ranges::find(kMeant, name, [](auto const& entry) { return entry.first; });
  if (meant != kMeant.end()) return fmt::format("expected {}, found {}", meant->second, name);
  return "expected a string in double quotes, found a bare word";
}

/// What stands at `at`, where JSON has a value or a key, and is not written as JSON.
std::optional<std::string> odd_token(std::string_view text, char before) {
  constexpr std::string_view kTypographic = "\xE2\x80";  // of the quotes of a word processor
  if (text.starts_with('\'')) return "expected double quotes around keys and texts, found single quotes";
  if (text.starts_with(kTypographic)) return "expected the straight quotes \" of a keyboard, found typographic ones";
  auto const name = name_at(text);
  auto const is_key = (before == '{' || before == ',') && after_spaces(text.substr(name.size())).starts_with(':');
  if (name.empty()) return std::nullopt;
  return is_key ? fmt::format("expected keys in double quotes, found {:.60} without", name) : bare_value(name);
}

/// The first key or value that is quoted wrongly.
std::optional<OtherFormat> wrong_quotes(std::string_view text) {
  char before = '\0';  // the last character that is neither a space nor in a comment or text
  for (std::size_t at = 0; at < text.size();) {
    auto const end = skip_comment_or_text(text, at);
    if (end == at && !is_space(text[at])) {
      auto const begins = before == '{' || before == '[' || before == ',' || before == ':';
      if (auto const odd = begins ? odd_token(text.substr(at), before) : std::nullopt)
        return OtherFormat{line_of(text, at), *odd};
      before = text[at];
    } else if (end > at && text[at] == '"') {
      before = '"';
    }
    at = std::max(end, at + 1);
  }
  return std::nullopt;
}

/// Whether there is nothing but spaces and comments.
bool is_blank(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const end = skip_comment_or_text(text, at);
    if (text[at] == '"' || (end == at && !is_space(text[at]))) return false;
    at = std::max(end, at + 1);
  }
  return true;
}

}  // namespace

std::size_t skip_comment_or_text(std::string_view json, std::size_t at) {
  auto const two = json.substr(at, 2);
  if (two == "//") return std::min(json.find('\n', at), json.size());
  if (two == "/*") return std::min(json.find("*/", at + 2), json.size() - 2) + 2;
  if (json[at] != '"') return at;
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

std::optional<std::string> not_a_text(std::string_view text) {
  constexpr std::size_t kLookedAt = 1024;
  auto const begin = text.substr(0, kLookedAt);
  auto const has_mark = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  auto const is_wide = text.size() > 1 && (text[0] == '\0') != (text[1] == '\0');
  if (has_mark || is_wide) return "it is UTF-16; expected UTF-8: save it again as UTF-8";
  if (begin.find('\0') != begin.npos) return fmt::format("it is no text but a binary file; {}", kWanted);
  if (is_blank(text)) return fmt::format("it is empty; {}", kWanted);
  return std::nullopt;
}

std::optional<OtherFormat> other_format(std::string_view text) {
  auto const line = first_line(text);
  auto const whole = [](std::string_view what) {
    return OtherFormat{"the file", fmt::format("{}; {}", what, kWanted)};
  };
  if (text.starts_with("#!")) return whole("it is a script, and a server's command stands behind --");
  if (line.starts_with('<')) return whole("it looks like HTML or XML");
  if (line.starts_with("```")) return whole("it starts with a Markdown fence (```); remove the fence lines");
  if (is_script_text(line)) return whole("it looks like JavaScript");
  if (is_yaml(line)) return whole("it looks like YAML");
  if (is_toml(line)) return whole("it looks like TOML");
  if (line.starts_with('"')) return whole("the braces { } around the whole are missing");
  return wrong_quotes(text);
}

}  // namespace gateway::config
