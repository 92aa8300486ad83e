// Connections on their way between two processes, as messages with descriptors.
#pragma once

#include <optional>
#include <string>

#include "gateway/http/mover.h"
#include "gateway/io/process_channel.h"
#include "gateway/upgrade_message.h"

namespace gateway {

/// A connection without TLS, which came in by `listener`. Nothing where the system has no room for what was read of it:
/// it is closed then.
[[nodiscard]] std::optional<io::ProcessChannel::Message> pack(http::MovedConnection connection, std::string listener);

/// The connection of a message whose text was `passed`. Its listener is still to be found by name. Nothing where the
/// message lacks a descriptor.
[[nodiscard]] std::optional<http::MovedConnection> unpack(PassedConnection passed, io::ProcessChannel::Message message);

}  // namespace gateway
