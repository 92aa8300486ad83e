// Decodes a chunked request body (RFC 9112, section 7.1), strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/base/byte_queue.h"

namespace gateway::http {

class ChunkedDecoder {
 public:
  enum class State { NeedMore, Done, TooLarge, Failed };
  struct Fed {
    State state;
    std::size_t consumed;  ///< bytes taken from the input; after Done the rest is the next request
  };

  /// Decodes from `bytes`, appending data to `body`. TooLarge as soon as the
  /// body would pass `max_body` bytes. Refuses bare LF, sizes that are not plain
  /// hex digits or pass 16 of them; chunk extensions and well-formed trailer
  /// fields are read and dropped, up to 8 KiB of both in one body. A decoder that
  /// answered TooLarge or Failed takes nothing more.
  Fed feed(std::string_view bytes, std::size_t max_body, ByteQueue& body);

 private:
  enum class Phase {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    Done,
    Failed
  };
  [[nodiscard]] Phase after(char c);
  [[nodiscard]] Phase after_size_byte(char c);
  [[nodiscard]] Phase after_trailer_byte(char c);
  [[nodiscard]] Phase dropping(Phase phase);
  [[nodiscard]] std::size_t take_data(std::string_view bytes, ByteQueue& body);

  Phase phase_ = Phase::Size;
  std::uint64_t left_ = 0;  ///< of the chunk: the size so far, then the data still to come
  int digits_ = 0;
  std::size_t dropped_bytes_ = 0;
};

}  // namespace gateway::http
