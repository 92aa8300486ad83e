#include "gateway/frontend/incoming.h"

#include <algorithm>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::frontend {

namespace {

using mcp::ClientMessage;
using rpc::ErrorCode;
using rpc::MessageKind;
using rpc::Unreadable;

std::optional<Unreadable> conflict(ClientMessage const& message, std::vector<ClientMessage> const& earlier,
                                   mcp::Session& session) {
  if (message.kind != MessageKind::Request) return std::nullopt;
  auto const doubled = std::any_of(earlier.begin(), earlier.end(), [&](ClientMessage const& other) {
    return other.kind == MessageKind::Request && other.id == message.id;
  });
  if (!doubled && session.find_open(message.id) == nullptr) return std::nullopt;
  return Unreadable{ErrorCode::InvalidRequest, "a request with this id is already waiting for its answer", message.id};
}

std::variant<std::vector<std::string_view>, Unreadable> elements(std::string_view body, mcp::Session const& session,
                                                                 config::LimitsConfig const& limits) {
  if (!has_batches(session.revision)) {
    return Unreadable{ErrorCode::InvalidRequest, "batches exist in revision 2025-03-26 only", {}};
  }
  if (rpc::validate(body)) return Unreadable{ErrorCode::ParseError, "the body is not valid JSON", {}};
  std::vector<std::string_view> found;
  rpc::ElementWalk walk(body);
  while (auto const element = walk.next()) {
    if (found.size() == limits.batch_max) return Unreadable{ErrorCode::InvalidRequest, "the batch is too long", {}};
    found.push_back(*element);
  }
  if (found.empty()) return Unreadable{ErrorCode::InvalidRequest, "the batch is empty", {}};
  return found;
}

std::optional<Unreadable> add(Incoming& incoming, std::string_view text, mcp::Session& session) {
  auto read = mcp::read_client_message(text);
  if (auto const* const unreadable = std::get_if<Unreadable>(&read)) return *unreadable;
  auto& message = std::get<ClientMessage>(read);
  if (auto const refused = conflict(message, incoming.messages, session)) return refused;
  if (incoming.batch && message.method == "initialize") {
    return Unreadable{ErrorCode::InvalidRequest, "initialize must not be part of a batch", message.id};
  }
  incoming.messages.push_back(std::move(message));
  return std::nullopt;
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view body) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return body.starts_with(kByteOrderMark) ? body.substr(kByteOrderMark.size()) : body;
}

std::size_t Incoming::requests() const {
  return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](ClientMessage const& message) {
    return message.kind == MessageKind::Request;
  }));
}

std::variant<Incoming, Unreadable> Incoming::read(std::string_view body, mcp::Session& session,
                                                  config::LimitsConfig const& limits) {
  body = without_byte_order_mark(body);
  Incoming incoming;
  incoming.batch = rpc::is_batch(body);
  if (!incoming.batch) {
    incoming.messages.reserve(1);
    if (auto const refused = add(incoming, body, session)) return *refused;
    return incoming;
  }
  auto const split = elements(body, session, limits);
  if (auto const* const unreadable = std::get_if<Unreadable>(&split)) return *unreadable;
  for (auto const text : std::get<std::vector<std::string_view>>(split)) {
    if (auto const refused = add(incoming, text, session)) return *refused;
  }
  return incoming;
}

}  // namespace gateway::frontend
