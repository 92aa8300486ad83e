#include "gateway/admin/route.h"

#include <algorithm>
#include <array>

namespace gateway::admin {

namespace {

struct Name {
  std::string_view text;
  Page page;
};

constexpr std::array<Name, 15> kPages{{
    {"/", Page::Status},
    {"/health", Page::Health},
    {"/healthz", Page::Health},
    {"/readyz", Page::Ready},
    {"/livez", Page::Live},
    {"/version", Page::Version},
    {"/metrics", Page::Metrics},
    {"/api/status", Page::ApiStatus},
    {"/api/events", Page::Events},
    {"/api/log", Page::Log},
    {"/api/versions", Page::Versions},
    {"/api/log-level", Page::LogLevel},
    {"/api/reload", Page::Reload},
    {"/api/upgrade", Page::Upgrade},
    {"/index.html", Page::Status},
}};

constexpr std::array<Name, 8> kOfServices{{
    {"tools", Page::Tools},
    {"restart", Page::Restart},
    {"renew", Page::Renew},
    {"drain", Page::Drain},
    {"undrain", Page::Undrain},
    {"call", Page::Call},
    {"canary", Page::Canary},
    {"reset-circuit", Page::ResetCircuit},
}};

Page find(auto const& names, std::string_view text) {
  auto const found = std::find_if(names.begin(), names.end(), [&](Name const& name) { return name.text == text; });
  return found == names.end() ? Page::None : found->page;
}

}  // namespace

Route route(std::string_view path) {
  constexpr std::string_view kServices = "/api/services/";
  if (!path.starts_with(kServices)) return {find(kPages, path), {}};
  path.remove_prefix(kServices.size());
  auto const slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  return {find(kOfServices, path.substr(slash + 1)), path.substr(0, slash)};
}

}  // namespace gateway::admin
