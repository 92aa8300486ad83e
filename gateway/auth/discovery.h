// The metadata of an authorization server (RFC 8414, OpenID Connect Discovery).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::auth {

/// Where an issuer's metadata may be, the most likely place first.
[[nodiscard]] std::vector<std::string> metadata_places(std::string_view issuer);

struct IssuerMetadata {
  std::string jwks_uri{};
  std::string introspection_endpoint{};  ///< may be empty
};

/// An error unless the metadata is of this very issuer, and its URLs are as safe as the issuer's own.
[[nodiscard]] Result<IssuerMetadata> read_metadata(std::string_view json, std::string_view issuer);

}  // namespace gateway::auth
