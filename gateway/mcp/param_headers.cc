#include "gateway/mcp/param_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/base/ascii.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

using rpc::find_member;

/// Schemas of tools are shallow; this bounds the recursion.
constexpr std::size_t kMaxDepth = 32;

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || kSymbols.find(c) != std::string_view::npos;
  });
}

bool can_be_in_a_header(std::string_view raw_type) {
  auto const type = rpc::unquote(raw_type);
  return type == "string" || type == "integer" || type == "boolean";
}

std::string field_of(std::string_view name) {
  std::string field = "mcp-param-";
  for (auto const c : name) field.push_back(lower(c));
  return field;
}

void collect(std::string_view raw_schema, std::vector<std::string>& path, std::vector<ParamHeader>& found) {
  if (path.size() == kMaxDepth) return;
  rpc::MemberWalk walk(find_member(raw_schema, "properties"));
  while (auto const property = walk.next()) {
    path.push_back(rpc::unquote(property->key));
    auto const annotation = find_member(property->value, "x-mcp-header");
    auto const name = rpc::is_string(annotation) ? rpc::unquote(annotation) : std::string{};
    if (is_token(name) && can_be_in_a_header(find_member(property->value, "type"))) {
      found.push_back({field_of(name), path});
    }
    collect(property->value, path, found);
    path.pop_back();
  }
}

std::string_view at_path(std::string_view value, std::vector<std::string> const& path) {
  for (auto const& name : path) {
    if (!rpc::is_object(value)) return {};
    value = find_member(value, name);
  }
  return value;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

/// Integers of a JavaScript client may be written as 42.0.
bool same_number(std::string_view a, std::string_view b) {
  if (a == b) return true;
  auto const is_integer = [](std::string_view text) { return text.find_first_not_of("-0123456789") == text.npos; };
  if (is_integer(a) && is_integer(b)) return false;  // exactly, also beyond what a double can tell apart
  auto const left = number(a);
  auto const right = number(b);
  return left && right && *left == *right;
}

bool agrees(std::string_view raw_argument, std::string_view header) {
  if (rpc::is_string(raw_argument)) return rpc::unquote(raw_argument) == header;
  if (raw_argument == "true" || raw_argument == "false") return raw_argument == header;
  return same_number(raw_argument, header);
}

}  // namespace

std::vector<ParamHeader> param_headers(std::string_view raw_input_schema) {
  std::vector<ParamHeader> found;
  std::vector<std::string> path;
  collect(raw_input_schema, path, found);
  return found;
}

std::optional<std::string> argument_of(ParamHeader const& header, std::string_view raw_arguments) {
  auto const argument = at_path(raw_arguments, header.path);
  if (argument.empty() || argument == "null") return std::nullopt;
  return rpc::is_string(argument) ? rpc::unquote(argument) : std::string(argument);
}

std::optional<std::string> mismatch(std::vector<ParamHeader> const& headers, std::string_view raw_arguments,
                                    FindHeader const& find) {
  for (auto const& [field, path] : headers) {
    auto const argument = at_path(raw_arguments, path);
    auto const is_absent = argument.empty() || argument == "null";
    auto const [value, repeated] = find(field);
    if (repeated) return fmt::format("{} is given more than once", field);
    if (value.has_value() == is_absent) {
      return is_absent ? fmt::format("{} is given, but not the argument {}", field, path.back())
                       : fmt::format("{} is required for the argument {}", field, path.back());
    }
    if (is_absent) continue;
    auto const text = decoded(*value);
    if (!text) return fmt::format("{} is not valid base64 of UTF-8 between =?base64? and ?=", field);
    if (!agrees(argument, *text))
      return fmt::format("{} is '{}', which differs from the argument {}", field, *text, path.back());
  }
  return std::nullopt;
}

}  // namespace gateway::mcp
