// A message of the client on its way to the remote server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/fetch/web_address.h"
#include "gateway/mcp/method.h"
#include "gateway/rpc/message.h"

namespace gateway::remote {

/// The bytes as they came, and what of them decides about the way. Copyable.
struct Outgoing {
  std::string text{};
  rpc::MessageKind kind = rpc::MessageKind::Notification;
  std::string id{};  ///< raw, of a request or an answer, as same_id() of answer.h spells it
  std::string method_name{};
  mcp::Method method = mcp::Method::Other;
  std::string version{};                       ///< of its envelope; empty for a revision with sessions
  std::string name_header{};                   ///< the value of Mcp-Name; empty for none
  std::string raw_arguments{};                 ///< of a tools/call of the stateless revision
  std::string tool{};                          ///< the same
  std::vector<std::string> more_fields{};      ///< header fields that repeat arguments
  std::string cancels{};                       ///< of notifications/cancelled: the raw id, spelled so
  std::optional<fetch::WebAddress> address{};  ///< whereto the server has redirected it
  int tries = 0;                               ///< how often the server has said that it did not take it

  [[nodiscard]] bool is_request() const { return kind == rpc::MessageKind::Request; }
  [[nodiscard]] bool is_stateless() const { return !version.empty(); }
};

/// Whether it means the same in another session. An answer is to a question of its own session, and what is cancelled was
/// asked in it.
[[nodiscard]] bool is_of_any_session(Outgoing const& message);

/// Reads one line of the client.
[[nodiscard]] std::variant<Outgoing, rpc::Unreadable> read_outgoing(std::string_view line);

/// A header field's value that stands for `text`, as decoded() of mcp/header_value.h reads it.
[[nodiscard]] std::string header_value_for(std::string_view text);

/// The fields in which a message of the stateless revision repeats parts of itself.
/// (MCP 2026-07-28, Streamable HTTP: Standard Request Headers.)
[[nodiscard]] std::vector<std::string> stateless_fields(Outgoing const& message);

}  // namespace gateway::remote
