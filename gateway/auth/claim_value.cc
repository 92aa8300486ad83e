#include "gateway/auth/claim_value.h"

#include <algorithm>

#include "gateway/base/name_rules.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::auth {

namespace {

/// The value that a JSON pointer leads to, through objects; empty where there is none.
std::string_view value_at(std::string_view object, std::string_view pointer) {
  while (!pointer.empty()) {
    auto const end = std::min(pointer.find('/', 1), pointer.size());
    std::string name;
    for (auto at = pointer.begin() + 1; at != pointer.begin() + static_cast<std::ptrdiff_t>(end); ++at) {
      auto const rest = std::string_view(at, pointer.begin() + static_cast<std::ptrdiff_t>(end));
      if (rest.starts_with("~0") || rest.starts_with("~1")) {
        name.push_back(rest[1] == '0' ? '~' : '/');
        ++at;
      } else {
        name.push_back(*at);
      }
    }
    if (!rpc::is_object(object)) return {};
    object = rpc::find_member(object, name);
    pointer.remove_prefix(end);
  }
  return object;
}

std::string_view raw_value(std::string_view claims, std::string_view name) {
  if (!rpc::is_object(claims)) return {};
  return name.starts_with('/') ? value_at(claims, name) : rpc::find_member(claims, name);
}

/// Of a raw value; nothing where it is none of the kinds that have a text.
std::optional<std::string> text_of(std::string_view raw) {
  if (raw.empty() || raw == "null" || rpc::is_object(raw) || rpc::is_array(raw)) return std::nullopt;
  return rpc::is_string(raw) ? rpc::unquote(raw) : std::string(raw);
}

bool fits_value(std::string_view raw, std::vector<std::string> const& patterns) {
  auto const text = text_of(raw);
  return text && fits_any(patterns, *text);
}

}  // namespace

std::optional<std::string> claim_text(std::string_view claims, std::string_view name) {
  return text_of(raw_value(claims, name));
}

bool has_claim(std::string_view claims, std::string_view name, std::vector<std::string> const& patterns) {
  auto const value = raw_value(claims, name);
  if (!rpc::is_array(value)) return fits_value(value, patterns);
  rpc::ElementWalk walk(value);
  while (auto const element = walk.next()) {
    if (fits_value(*element, patterns)) return true;
  }
  return false;
}

}  // namespace gateway::auth
