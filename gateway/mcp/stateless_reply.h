// How a request of a stateless client is answered by a child that has sessions.
#pragma once

#include <string>

#include "gateway/mcp/call_table.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/ports.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::mcp {

/// An answer with a body of its own.
struct StatelessReply {
  Outcome outcome = Outcome::Ok;
  rpc::Reply::Kind kind = rpc::Reply::Kind::Result;
  std::string body;
};

/// `reply` as the client of `call`, with these raw capabilities, expects it. `handshake` is null where the child has not introduced itself.
[[nodiscard]] StatelessReply stateless_reply(Call const& call, Outcome outcome, rpc::Reply const& reply,
                                             Handshake const* handshake, std::string_view raw_capabilities);

}  // namespace gateway::mcp
