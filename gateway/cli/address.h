// The address of a running gateway, as somebody types it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/io/tls_trust.h"

namespace gateway::cli {

/// What to do with a page that the address itself names.
enum class NamedPage { Ask, Replace };

/// A gateway's address as it was typed, and for https whom to trust there.
struct GatewayAddress {
  std::string text{};
  io::TlsTrust trust{};
};

/// The admin listener of a configuration, as it can be asked on this machine.
[[nodiscard]] Result<std::string> admin_address(config::Config const& config);
/// The main listener, in the same way.
[[nodiscard]] Result<std::string> main_address(config::Config const& config);
/// Where a service is served, for clients of this machine.
[[nodiscard]] Result<std::string> service_address(config::Config const& config, std::string_view service);

/// The URL of `page` at `address`: `9090`, `HOST`, `HOST:9090`, `http://HOST:9090/`, or the last with https; empty
/// is the usual admin listener of this machine. A page in the address is asked for
/// instead, or not, as `named` says; what stands before it is kept.
[[nodiscard]] Result<std::string> url_of(std::string_view address, std::string_view page, NamedPage named);

}  // namespace gateway::cli
