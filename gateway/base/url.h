// The URLs we call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// `http://HOST[:PORT][/PATH]`, taken apart; perhaps `https`.
struct Url {
  std::string host;  ///< a name or an address, without brackets
  std::string port = "80";
  std::string path = "/";
  bool has_tls = false;  ///< https
};
/// Of `http`. Nothing when the text is no such URL.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);
/// Of either.
[[nodiscard]] std::optional<Url> parse_web_url(std::string_view text);

}  // namespace gateway
