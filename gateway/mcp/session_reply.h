// How a request of a client with a session is answered by a child that speaks the stateless revision.
#pragma once

#include <string>

#include "gateway/mcp/call_table.h"
#include "gateway/mcp/ports.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::mcp {

/// An answer with a body of its own.
struct SessionReply {
  Outcome outcome = Outcome::Ok;
  rpc::Reply::Kind kind = rpc::Reply::Kind::Result;
  std::string body;
};

/// `reply` as the client of `call` expects it. A result of a type that it does not know is an error.
[[nodiscard]] SessionReply session_reply(Call const& call, Outcome outcome, rpc::Reply const& reply);

}  // namespace gateway::mcp
