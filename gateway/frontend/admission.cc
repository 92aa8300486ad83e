#include "gateway/frontend/admission.h"

#include <arpa/inet.h>

#include <algorithm>

namespace gateway::frontend {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

bool is_this_machine(std::string const& host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

/// An address in numbers cannot be made to point elsewhere, so it cannot be the
/// name of a rebinding page.
bool is_numeric(std::string const& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

}  // namespace

std::string host_name(std::string_view authority) {
  if (authority.starts_with('[')) {
    auto const end = authority.find(']');
    return end == std::string_view::npos ? std::string{} : lower(authority.substr(1, end - 1));
  }
  auto name = lower(authority.substr(0, authority.find(':')));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

bool AllowedHosts::contains(std::string const& name) const {
  return is_this_machine(name) || is_numeric(name) || std::find(names_.begin(), names_.end(), name) != names_.end();
}

bool Admission::host_allowed(std::string_view host, Endpoints const& endpoints) {
  if (!last_allowed_.empty() && host == last_allowed_) return true;
  if (!hosts_.contains(host_name(host))) return endpoints.by_host(host).has_value();
  last_allowed_.assign(host);
  return true;
}

bool Admission::origin_allowed(std::string_view origin) const {
  auto const text = lower(origin);
  if (std::find(origins_.begin(), origins_.end(), text) != origins_.end()) return true;
  for (auto const* const scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    auto const authority = text.substr(std::string_view(scheme).size());
    // "http://[::1].evil" and "http://localhost@evil" are no machine's own.
    auto const bracket = authority.starts_with('[') ? authority.find(']') : std::string::npos;
    auto const colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
    auto host = authority.substr(0, colon);
    auto const port = colon == std::string::npos ? std::string{} : authority.substr(colon + 1);
    if (port.find_first_not_of("0123456789") != std::string::npos) return false;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return is_this_machine(host);
  }
  return false;
}

Admitted Admission::judge(http::RequestHead const& head, Endpoints const& endpoints) {
  if (!host_allowed(head.host, endpoints))
    return {.allowed = false, .reason = "host", .origin = {}, .shown = head.host};
  auto const [origin, repeated] = head.look_up("origin");
  if (repeated) return {.allowed = false, .reason = "origin", .origin = {}, .shown = "two of them"};
  if (origin) {
    if (!origin_allowed(*origin)) return {.allowed = false, .reason = "origin", .origin = {}, .shown = *origin};
    return {.allowed = true, .reason = {}, .origin = *origin};
  }
  auto const site = head.find("sec-fetch-site").value_or("none");
  if (site == "cross-site" || site == "same-site") return {.allowed = false, .reason = "fetch_site", .origin = {}};
  return {};
}

}  // namespace gateway::frontend
