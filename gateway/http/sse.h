// Server-sent events as bytes (WHATWG HTML, section 9.2).
#pragma once

#include <array>
#include <cstddef>
#include <string>
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

/// The bytes of an event in pieces: its data is not copied.
class EventPieces {
 public:
  /// What `event` refers to outlives it.
  EventPieces(Event const& event, bool chunked);
  EventPieces(EventPieces const&) = delete;
  EventPieces& operator=(EventPieces const&) = delete;

  [[nodiscard]] Pieces view() const { return {pieces_.data(), count_}; }

 private:
  void add(std::string_view piece) { pieces_[count_++] = piece; }

  static constexpr std::size_t kFrame = 10;    ///< pieces that are not data
  static constexpr std::size_t kMaxData = 16;  ///< more pieces of data are joined
  std::array<std::string_view, kFrame + kMaxData> pieces_;
  std::size_t count_ = 0;
  std::array<char, 20> chunk_size_;
  std::string escaped_;  ///< the data where it holds something to escape, or is in too many pieces
};

/// Appends a comment line, which every client ignores: it keeps the stream from
/// looking dead.
void append_comment(ByteQueue& out, std::string_view text, bool chunked);

/// Sets the delay before the client reconnects.
void append_retry(ByteQueue& out, int milliseconds, bool chunked);

}  // namespace gateway::http
