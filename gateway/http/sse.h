// Server-sent events as bytes (WHATWG HTML, section 9.2).
#pragma once

#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/http/response.h"

namespace gateway::http {

/// One event. `event` and `id` may be empty and are then left out.
struct Event {
  std::string_view event = "message";
  std::string_view id{};
  Pieces data{};       ///< JSON on one line; what ends a line for some reader is escaped on the way
  bool plain = false;  ///< known to hold nothing to escape: it is not looked at
};

/// The bytes of the event's data once escaped: what a client counts against its limit.
[[nodiscard]] std::size_t data_size(Event const& event);

/// Appends the event, as one chunk when `chunked`.
void append_event(ByteQueue& out, Event const& event, bool chunked);

/// Appends a comment line, which every client ignores: it keeps the stream from
/// looking dead.
void append_comment(ByteQueue& out, std::string_view text, bool chunked);

/// Tells the client how long to wait before it comes back.
void append_retry(ByteQueue& out, int milliseconds, bool chunked);

}  // namespace gateway::http
