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

/// Of a URI that is plain: neither what needs none, nor what is a control character to whoever resolves it.
bool needs_escape(char c) {
  auto const small = lower(c);
  auto const unreserved =
      (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
  auto const is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  return !unreserved && !is_control && c != '/' && c != '\\';
}

bool is_delimiter(char c) { return std::string_view("/?#;=&:,@%").find(c) != std::string_view::npos; }

/// One dot or two between delimiters, wherever: servers differ on where a path ends.
bool has_dot_segment(std::string_view text) {
  for (auto at = text.find('.'); at != text.npos; at = text.find('.', at)) {
    auto const end = std::min(text.find_first_not_of('.', at), text.size());
    auto const stands_alone =
        (at == 0 || is_delimiter(text[at - 1])) && (end == text.size() || is_delimiter(text[end]));
    if (stands_alone && end - at <= 2) return true;
    at = end;
  }
  return false;
}

/// Where what follows the scheme begins: 0 without one. (RFC 3986, section 3.1)
std::size_t end_of_scheme(std::string_view uri) {
  auto const colon = uri.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  return colon != uri.npos && colon > 0 && uri[colon] == ':' ? colon + 1 : 0;
}

}  // namespace

bool is_plain_uri(std::string_view uri) {
  for (std::size_t at = uri.find('%'); at != uri.npos; at = uri.find('%', at + 1)) {
    auto const escaped = escaped_at(uri.substr(at));
    if (!escaped || !needs_escape(*escaped)) return false;
  }
  auto const is_bad = [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == '\\'; };
  if (std::ranges::any_of(uri, is_bad) || has_dot_segment(uri)) return false;
  auto const scheme = end_of_scheme(uri);
  auto rest = uri.substr(scheme);
  auto authority = std::string_view{};
  if (scheme > 0 && rest.starts_with("//")) {
    authority = rest.substr(2, std::min(rest.find_first_of("/?#", 2), rest.size()) - 2);
    rest.remove_prefix(2 + authority.size());
  }
  auto const is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::any_of(uri.substr(0, scheme), is_upper) || std::ranges::any_of(authority, is_upper)) return false;
  return rest.substr(0, std::min(rest.find_first_of("?#"), rest.size())).find("//") == rest.npos;
}

}  // namespace gateway
