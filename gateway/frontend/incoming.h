// The messages one POST brought.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/session.h"

namespace gateway::frontend {

/// A POST's body without the byte order mark that some clients begin it with.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view body);

/// One message, or several where the session's revision has batches. Views into
/// the body.
struct Incoming {
  std::vector<mcp::ClientMessage> messages;
  bool batch = false;

  [[nodiscard]] std::size_t requests() const;

  /// All or nothing: one message that cannot be read, or whose id the session
  /// already waits for, refuses the POST. Answered on the stream instead, the
  /// refusal would be taken for the first call's answer.
  [[nodiscard]] static std::variant<Incoming, rpc::Unreadable> read(std::string_view body, mcp::Session& session,
                                                                    config::LimitsConfig const& limits);
};

}  // namespace gateway::frontend
