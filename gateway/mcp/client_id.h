// Who counts as one client.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/base/ids.h"
#include "gateway/base/ip_address.h"

namespace gateway::mcp {

/// A client is whoever holds a bearer token, and where nobody is known, whoever has an
/// address: an IPv4 address, or the first 64 bits of an IPv6 one, since whoever is
/// given one of these is given all that begin so. Made once, when a session is opened,
/// so that a call costs no look at names; it holds as long as the process, over the
/// ends of all sessions. Two clients have the same id about never, and would then share
/// what each may have.

[[nodiscard]] ClientId client_named(std::string_view principal);

/// Those of whom no address is known are one client.
[[nodiscard]] ClientId client_at(std::optional<IpAddress> const& address);

}  // namespace gateway::mcp
