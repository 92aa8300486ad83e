// What a user can set of a listener's TLS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway::config {

enum class TlsVersion : std::uint8_t { V12, V13 };

/// Whether clients show certificates of their own.
enum class ClientAuth : std::uint8_t {
  Off,
  Optional,  ///< one that is shown must be good
  Required,
};

/// Where in a client's certificate its name is.
enum class ClientName : std::uint8_t { CommonName, Email, Dns, Uri };

/// TLS of one listener.
struct TlsConfig {
  /// A PEM file with the server's certificate, first, and those between it and its authority; an absolute path.
  std::string certificate{};
  /// A PEM file with its private key, without a passphrase; an absolute path.
  std::string key{};
  /// The oldest version that is spoken.
  TlsVersion min_version = TlsVersion::V12;
  ClientAuth client_auth = ClientAuth::Off;
  /// A PEM file with the authorities of clients' certificates, and perhaps their revocation lists; an absolute path.
  std::string client_ca{};
  ClientName client_name = ClientName::CommonName;
  /// Before the names of these principals; unique among listeners of other authorities and among issuers.
  std::string client_prefix = "cert";
  /// What holders of a certificate may do; everything where it is absent.
  std::optional<std::vector<std::string>> client_scopes{};

  /// Whether clients may be principals by their certificates.
  [[nodiscard]] bool asks_clients() const { return client_auth != ClientAuth::Off; }
  bool operator==(TlsConfig const&) const = default;
};

}  // namespace gateway::config
