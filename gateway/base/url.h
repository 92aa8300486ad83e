// The one kind of URL we call: plain HTTP.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// `http://HOST[:PORT][/PATH]`, taken apart.
struct Url {
  std::string host;  ///< a name or an address, without brackets
  std::string port = "80";
  std::string path = "/";
};
/// Nothing when the text is no such URL.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

}  // namespace gateway
