// What clients know the gateway's endpoints by, as resources of an authorization server (RFC 8707, RFC 9728).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway::auth {

/// An endpoint of a service. Views are valid for the length of a call.
struct Resource {
  std::string_view origin{};     ///< `https://mcp.example.com`, in lower case; empty where it is not known
  std::string_view base_path{};  ///< before any path; may be empty
  std::string_view service{};    ///< before the endpoint's name; empty for the one service at the root
  bool is_gateway = false;       ///< no service's, but the gateway's own
};

/// Its URL, with the endpoint's path such as `/mcp`.
[[nodiscard]] std::string url_of(Resource const& resource, std::string_view endpoint);
/// Where its metadata is: the well-known name comes before the path (RFC 9728, section 3.1).
[[nodiscard]] std::string metadata_url(Resource const& resource, std::string_view endpoint);
inline constexpr std::string_view kMetadataPath = "/.well-known/oauth-protected-resource";

/// Whether a token with this audience is for the resource. With `configured` audiences, one of them must be named. With
/// none, the URL of an endpoint of the same service, that of the service, or the gateway's; a slash at the end does not
/// matter, since some authorization servers add one.
[[nodiscard]] bool is_meant(std::span<std::string const> audience, std::span<std::string const> configured,
                            Resource const& resource);

}  // namespace gateway::auth
