#include "gateway/base/url.h"

namespace gateway {

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  Url url;
  if (auto const slash = text.find('/'); slash != text.npos) {
    url.path = text.substr(slash);
    text = text.substr(0, slash);
  }
  if (auto const colon = text.rfind(':'); colon != text.npos && !text.ends_with(']')) {
    url.port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  url.host = text;
  auto const whole = (url.host + url.port + url.path).find_first_of(" \r\n") == std::string::npos;
  return whole && !url.host.empty() && !url.port.empty() ? std::optional(url) : std::nullopt;
}

}  // namespace gateway
