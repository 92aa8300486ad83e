// A client's message as the gateway judges and routes it.
#pragma once

#include <string_view>
#include <variant>

#include "gateway/mcp/method.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/message.h"

namespace gateway::mcp {

/// A message with what is read of its params. Views into the text it was read from.
struct ClientMessage : rpc::Message {
  Params parsed;
  Method known_method = Method::Other;  ///< what `method` names
};

/// Reads one message strictly (rpc::read_client_message), and its params in the same pass.
/// `known` is null where no envelopes of other requests are known.
[[nodiscard]] std::variant<ClientMessage, rpc::Unreadable> read_client_message(std::string_view text,
                                                                               EnvelopeCache* known = nullptr);

}  // namespace gateway::mcp
