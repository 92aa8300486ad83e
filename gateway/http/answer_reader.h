// Reads the answer to a request of ours from bytes that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/http/chunked.h"

namespace gateway::http {

/// One answer: as long as it says, in chunks, or up to the end of the connection
/// (RFC 9112, section 6.3). Interim answers are passed over. A value; it knows no socket.
class AnswerReader {
 public:
  enum class State {
    NeedMore,
    Done,
    TooLarge,  ///< its body is larger than `max_body`
    NotHttp,
    Cut,  ///< the connection ended before the answer did
  };

  explicit AnswerReader(std::size_t max_body) : max_body_(max_body) {}

  /// Parses received bytes. Bytes after the end of the answer are dropped.
  State feed(std::string_view bytes);
  /// The other side sends nothing more.
  State end();

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view body() const { return body_.view(); }
  /// The header lines as they came, each with its CRLF.
  [[nodiscard]] std::string const& fields() const { return fields_; }

 private:
  enum class Length { Said, Chunked, ToTheEnd };

  [[nodiscard]] State read_head();
  [[nodiscard]] bool read_lines(std::string_view head);
  [[nodiscard]] bool read_field(std::string_view line);
  [[nodiscard]] State read_body();

  std::size_t const max_body_;
  ByteQueue in_;  ///< came and is not used yet
  bool in_body_ = false;
  int status_ = 0;
  std::string fields_;
  Length length_ = Length::ToTheEnd;
  std::uint64_t left_ = 0;  ///< Length::Said: bytes still to come
  ChunkedDecoder chunks_;
  ByteQueue body_;
};

}  // namespace gateway::http
