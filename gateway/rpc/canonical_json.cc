#include "gateway/rpc/canonical_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::rpc {

namespace {

bool append_canonical(std::string& out, std::string_view value);

bool append_object(std::string& out, std::string_view value) {
  std::vector<std::pair<std::string, std::string_view>> members;
  MemberWalk walk(value);
  while (auto const member = walk.next()) {
    members.emplace_back(member->escaped_key ? unquote(member->key) : std::string(member->key), member->value);
  }
  std::sort(members.begin(), members.end());
  auto const same_name = [](auto const& a, auto const& b) { return a.first == b.first; };
  if (std::adjacent_find(members.begin(), members.end(), same_name) != members.end()) return false;
  auto separator = '{';
  for (auto const& [name, member] : members) {
    out.push_back(std::exchange(separator, ','));
    append_json_string(out, name);
    out.push_back(':');
    if (!append_canonical(out, member)) return false;
  }
  out.append(members.empty() ? "{}" : "}");
  return true;
}

bool append_array(std::string& out, std::string_view value) {
  auto separator = '[';
  ElementWalk walk(value);
  while (auto const element = walk.next()) {
    out.push_back(std::exchange(separator, ','));
    if (!append_canonical(out, *element)) return false;
  }
  out.append(separator == '[' ? "[]" : "]");
  return true;
}

/// Of a value that is valid, and so no deeper than a stack is.
bool append_canonical(std::string& out, std::string_view value) {
  if (is_object(value)) return append_object(out, value);
  if (is_array(value)) return append_array(out, value);
  if (is_string(value)) {
    append_json_string(out, unquote(value));
  } else {
    out.append(value);
  }
  return true;
}

}  // namespace

std::optional<std::string> canonical_json(std::string_view text) {
  if (validate(text)) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  if (!append_canonical(out, skip_value(text, 0))) return std::nullopt;
  return out;
}

}  // namespace gateway::rpc
