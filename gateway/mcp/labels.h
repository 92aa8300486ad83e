// The names our enums go by in logs and metrics.
#pragma once

#include <string_view>

#include "gateway/mcp/ports.h"
#include "gateway/mcp/session.h"

namespace gateway::mcp {

[[nodiscard]] constexpr std::string_view label(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::ToolError: return "tool_error";
    case Outcome::RpcError:
    case Outcome::MethodNotFound: return "rpc_error";
    case Outcome::Timeout: return "timeout";
    case Outcome::ChildExited: return "child_exited";
    case Outcome::Unavailable: return "unavailable";
    case Outcome::Busy: return "busy";
    case Outcome::Cancelled: return "cancelled";
    case Outcome::Invalid: return "invalid";
    case Outcome::Forbidden: return "forbidden";
    case Outcome::MissingScope: return "insufficient_scope";
    case Outcome::Limited: return "limited";
  }
  return "";
}

[[nodiscard]] constexpr std::string_view label(Transport transport) {
  switch (transport) {
    case Transport::Sse: return "sse";
    case Transport::Http: return "http";
    case Transport::OneShot: return "oneshot";
    case Transport::Stateless: return "stateless";
  }
  return "";
}

[[nodiscard]] constexpr std::string_view label(SessionEnd end) {
  switch (end) {
    case SessionEnd::Client: return "client";
    case SessionEnd::Idle: return "idle";
    case SessionEnd::Evicted: return "evicted";
    case SessionEnd::Drain: return "drain";
    case SessionEnd::Slow: return "slow";
    case SessionEnd::Reload: return "reload";
  }
  return "";
}

}  // namespace gateway::mcp
