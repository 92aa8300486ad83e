#include "gateway/frontend/public_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "gateway/config/values.h"
#include "gateway/frontend/admission.h"

namespace gateway::frontend {

namespace {

/// The first of a list, which is what the proxy nearest to the client wrote; empty where the field is absent or
/// repeated.
std::string_view first_of(http::RequestHead const& head, std::string_view lower_name) {
  auto const [value, repeated] = head.look_up(lower_name);
  if (!value || repeated) return {};
  auto first = value->substr(0, value->find(','));
  while (first.ends_with(' ')) first.remove_suffix(1);
  return first;
}

}  // namespace

PublicAddress::PublicAddress(config::GatewayConfig const& config)
    : configured_(config.public_url), allowed_hosts_(config.allowed_hosts) {
  for (auto const& text : config.trusted_proxies)
    if (auto const range = parse_ip_range(text)) proxies_.push_back(*range);
}

bool PublicAddress::is_trusted(IpAddress const& peer) const {
  return std::ranges::any_of(proxies_, [&](IpRange const& range) { return range.contains(peer); });
}

std::string PublicAddress::origin(http::RequestHead const& head, std::optional<IpAddress> const& peer) const {
  if (proxies_.empty() || !peer || !is_trusted(*peer)) return configured_;
  auto const scheme = first_of(head, "x-forwarded-proto");
  auto const host = first_of(head, "x-forwarded-host");
  auto const known = std::ranges::find(allowed_hosts_, host_name(host)) != allowed_hosts_.end();
  if (!known || (scheme != "https" && scheme != "http")) return configured_;
  auto origin = config::lower_case(fmt::format("{}://{}", scheme, host));
  return config::is_web_origin(origin) ? origin : configured_;
}

}  // namespace gateway::frontend
