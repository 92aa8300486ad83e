#include "gateway/base/plain_uri.h"

#include <algorithm>
#include <optional>

#include "gateway/base/ascii.h"

namespace gateway {

namespace {

/// What `%xx` at the start of a text stands for; nothing where it is no escape.
std::optional<char> escaped_at(std::string_view text) {
  auto const digit = [](char c) {
    auto const small = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
  };
  if (text.size() < 3 || digit(text[1]) < 0 || digit(text[2]) < 0) return std::nullopt;
  return static_cast<char>(digit(text[1]) * 16 + digit(text[2]));
}

bool needs_escape(char c) {
  auto const small = lower(c);
  auto const unreserved =
      (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
  return !unreserved && c != '/' && c != '\\';
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    auto const segment = path.substr(0, std::min(path.find_first_of("/?#"), path.size()));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
  }
  return false;
}

}  // namespace

bool is_plain_uri(std::string_view uri) {
  for (std::size_t at = uri.find('%'); at != uri.npos; at = uri.find('%', at + 1)) {
    auto const escaped = escaped_at(uri.substr(at));
    if (!escaped || !needs_escape(*escaped)) return false;
  }
  auto const control = [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == '\\'; };
  if (std::ranges::any_of(uri, control)) return false;
  auto const colon = std::min(uri.find(':'), uri.size());
  auto rest = uri.substr(std::min(colon + 1, uri.size()));
  auto authority = std::string_view{};
  if (rest.starts_with("//")) {
    authority = rest.substr(2, std::min(rest.find('/', 2), rest.size()) - 2);
    rest.remove_prefix(2 + authority.size());
  }
  auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::any_of(uri.substr(0, colon), upper) || std::ranges::any_of(authority, upper)) return false;
  auto const path = rest.substr(0, std::min(rest.find_first_of("?#"), rest.size()));
  return path.find("//") == path.npos && !has_dot_segment(path);
}

}  // namespace gateway
