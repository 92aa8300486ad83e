// The answer to a call whose client and child are of different eras.
#pragma once

#include <string>

#include "gateway/mcp/ports.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::mcp {

/// A rpc::Reply with a body of its own.
struct BridgedReply {
  Outcome outcome = Outcome::Ok;
  rpc::Reply::Kind kind = rpc::Reply::Kind::Result;
  std::string body;
  bool plain_body = false;  ///< as in rpc::Reply
};

}  // namespace gateway::mcp
