#include "gateway/mcp/client_message.h"

#include <utility>

namespace gateway::mcp {

std::variant<ClientMessage, rpc::Unreadable> read_client_message(std::string_view text, EnvelopeCache* known) {
  std::variant<ClientMessage, rpc::Unreadable> all;
  auto& message = std::get<ClientMessage>(all);
  ParamsReader params(message.parsed, known);
  auto read = rpc::read_client_message(text, params);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) return *unreadable;
  static_cast<rpc::Message&>(message) = std::move(std::get<rpc::Message>(read));
  params.finish(message.params);
  // An answer has no params, whatever stands there.
  if (message.kind == rpc::MessageKind::Response) message.parsed = {};
  message.known_method = method_from(message.method);
  return all;
}

}  // namespace gateway::mcp
