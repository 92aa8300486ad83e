// The TLS settings of the listeners, and the files they name.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/reader.h"
#include "gateway/frontend/directory.h"
#include "gateway/io/tls_identity.h"

namespace gateway {

/// TLS of one listener.
struct TlsSetting {
  std::string listener;  ///< as logs and metrics call it
  std::string path;      ///< of the setting in the configuration
  config::TlsConfig config;
};

/// Of every listener that has TLS.
[[nodiscard]] std::vector<TlsSetting> tls_settings(config::GatewayConfig const& gateway,
                                                   std::vector<config::ServiceConfig> const& services);
[[nodiscard]] std::vector<TlsSetting> tls_settings(config::GatewayConfig const& gateway,
                                                   frontend::Directory const& directory);

/// The path of a service's setting.
[[nodiscard]] std::string tls_path_of(config::ServiceConfig const& service);

/// `2027-01-31T18:00:00Z`.
[[nodiscard]] std::string utc_text(UnixTime time);

/// Reads the files of a setting. The error names the field, the file, and what is wrong.
[[nodiscard]] std::variant<io::TlsIdentity, config::ConfigError> read_tls_files(TlsSetting const& setting);

/// What does not keep a certificate from being used, but should be known: it has expired or is not valid yet, or its key
/// can be read by every user of the machine.
[[nodiscard]] std::vector<config::ConfigWarning> tls_warnings(TlsSetting const& setting,
                                                              io::TlsIdentity const& identity, UnixTime now);

/// Reads the files of a whole configuration: gives what is wrong, and adds the warnings to it.
[[nodiscard]] std::vector<config::ConfigError> check_tls_files(config::Config& config, UnixTime now);

}  // namespace gateway
