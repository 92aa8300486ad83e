#include "gateway/base/url.h"

namespace gateway {

namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

/// `text` is what stands behind the scheme.
std::optional<Url> parse_rest(std::string_view text, Url url) {
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

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  return text.starts_with(kHttp) ? parse_rest(text.substr(kHttp.size()), {}) : std::nullopt;
}

std::optional<Url> parse_web_url(std::string_view text) {
  if (!text.starts_with(kHttps)) return parse_url(text);
  return parse_rest(text.substr(kHttps.size()), {.host = {}, .port = "443", .has_tls = true});
}

}  // namespace gateway
