// What travels with a client's message beside its text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"

namespace gateway::frontend {

/// The shape of a tool's arguments as JSON: of each member its key, its kind and its
/// size in bytes, and one SHA-256 of them all, which tells equal calls from others.
/// Never a value. Raw; empty where there are none.
[[nodiscard]] std::string shape_of_arguments(std::string_view arguments);

/// Holds what a message's Via points to, for the length of a call.
class Carried {
 public:
  Carried(Desk const& desk, Visit const& visit, mcp::ClientMessage const& message, mcp::Era era)
      : via_{.request_id = visit.request.request_id, .trace = visit.trace} {
    if (message.method != "tools/call") return;
    if (desk.log.audits()) audit(visit, message);
    if (era == mcp::Era::Stateless) carry_headers(visit.request.head);
  }
  Carried(Carried const&) = delete;
  Carried& operator=(Carried const&) = delete;

  [[nodiscard]] mcp::Via const& via() const { return via_; }

 private:
  void audit(Visit const& visit, mcp::ClientMessage const& message);

  void carry_headers(http::RequestHead const& head);

  mcp::Via via_;
  mcp::FindHeader find_header_;
  std::optional<mcp::Audited> audited_;
};

}  // namespace gateway::frontend
