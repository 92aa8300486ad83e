#include "gateway/auth/resource.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/ascii.h"

namespace gateway::auth {

namespace {

std::string path_of(Resource const& resource, std::string_view endpoint) {
  if (resource.is_gateway) return std::string(resource.base_path);
  return fmt::format("{}{}{}{}", resource.base_path, resource.service.empty() ? "" : "/", resource.service, endpoint);
}

/// Takes `front` from the front of `text`.
bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

bool names(std::string_view audience, Resource const& resource) {
  auto const& origin = resource.origin;
  if (origin.empty() || !equal_ignoring_case(audience.substr(0, origin.size()), origin)) return false;
  auto path = audience.substr(origin.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return true;
  if (!take(path, resource.base_path)) return false;
  if (path.empty()) return true;
  if (resource.is_gateway) return false;
  if (!resource.service.empty()) {
    if (!take(path, "/") || !take(path, resource.service)) return false;
    if (path.empty()) return true;
  }
  return path == "/mcp" || path == "/sse";
}

}  // namespace

std::string url_of(Resource const& resource, std::string_view endpoint) {
  return fmt::format("{}{}", resource.origin, path_of(resource, endpoint));
}

std::string metadata_url(Resource const& resource, std::string_view endpoint) {
  return fmt::format("{}{}{}", resource.origin, kMetadataPath, path_of(resource, endpoint));
}

bool is_meant(std::span<std::string const> audience, std::span<std::string const> configured,
              Resource const& resource) {
  return std::ranges::any_of(audience, [&](std::string const& one) {
    return configured.empty() ? names(one, resource) : std::ranges::find(configured, one) != configured.end();
  });
}

}  // namespace gateway::auth
