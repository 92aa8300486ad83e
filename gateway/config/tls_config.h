// What a user can set of a listener's TLS.
#pragma once

#include <cstdint>
#include <string>

namespace gateway::config {

enum class TlsVersion : std::uint8_t { V12, V13 };

/// TLS of one listener.
struct TlsConfig {
  /// A PEM file with the server's certificate, first, and those between it and its authority; an absolute path.
  std::string certificate{};
  /// A PEM file with its private key, without a passphrase; an absolute path.
  std::string key{};
  /// The oldest version that is spoken.
  TlsVersion min_version = TlsVersion::V12;

  bool operator==(TlsConfig const&) const = default;
};

}  // namespace gateway::config
