// One JSON-RPC message as spans of the bytes it came in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/rpc/rpc_error.h"

namespace gateway::rpc {

enum class MessageKind { Request, Notification, Response };

/// A message whose views point into the text it was read from, which must
/// outlive it. Only the members JSON-RPC names are kept: what else stood at the
/// top does not travel on.
struct Message {
  MessageKind kind = MessageKind::Notification;
  std::string_view id;      ///< raw token, quotes included, as plain_id has it; empty for a notification
  std::string method;       ///< escapes resolved; empty for a response
  std::string_view params;  ///< raw object, from a child perhaps an array; empty when there are none
  std::string_view result;  ///< raw; of a response
  std::string_view error;   ///< raw object; of a response
  bool plain = false;       ///< all of it is known to be printable ASCII
};

/// Why a client's text is not a message we pass on.
struct Unreadable {
  ErrorCode code = ErrorCode::ParseError;
  std::string_view why;  ///< a constant sentence
  std::string_view id;   ///< raw id to answer with when one could be read
};

/// Reads one message a client sent, strictly: valid JSON and UTF-8 throughout,
/// an id that is a string or an integer, no member given twice or in another
/// case. A parser that reads such a text differently (the last member wins in
/// most, and Go's ignores case) would see another message than the one we judge.
/// What can only mean one thing is forgiven (docs/protocol.md has a table): null
/// for what is not there, and an array for params where nothing is in it.
[[nodiscard]] std::variant<Message, Unreadable> read_client_message(std::string_view text);

class MemberSink;
/// The same; `params` is told of the members of the message's params on the way, which have depth 0 for it, also where
/// the message turns out to be unreadable.
[[nodiscard]] std::variant<Message, Unreadable> read_client_message(std::string_view text, MemberSink& params);

/// True when the text is a JSON array: a batch, in the one revision that has them.
[[nodiscard]] bool is_batch(std::string_view text);

/// Reads one line of a child. Nothing when it is no JSON-RPC message.
[[nodiscard]] std::optional<Message> read_child_line(std::string_view line);

/// The raw id as most spell it: languages with one kind of number write 1.0 for 1.
[[nodiscard]] std::string_view plain_id(std::string_view raw_id);

/// The integer a raw id spells, as a number or as its decimal string.
[[nodiscard]] std::optional<std::uint64_t> id_number(std::string_view raw_id);

}  // namespace gateway::rpc
