// HTTP answers as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"

namespace gateway::http {

using Pieces = std::span<std::string_view const>;

/// A whole answer. The views need live only for the call they are given to.
struct Response {
  int status = 200;
  std::string_view content_type;  ///< empty: no body
  std::string_view fields;        ///< further header lines, each with its CRLF
  Pieces body;
  bool head_only = false;         ///< to HEAD: the length of the body, and no body
  std::size_t retry_after = 1;    ///< of a 503: after how many seconds it may be served
  std::string_view request_id{};  ///< given back in X-Request-Id; empty: no such line
};

/// Whether the connection is kept after an answer.
enum class After : std::uint8_t { KeepAlive, Close };

[[nodiscard]] std::string_view reason_phrase(int status);

/// A 503 includes Retry-After, so that no caller has to add it: nearly always, what is missing is missing for a moment.
void append_response(ByteQueue& out, Response const& response, After after);

/// The head of an SSE stream. Its body is chunked for HTTP/1.1, and ends with
/// the connection for 1.0.
void append_stream_head(ByteQueue& out, std::string_view fields, bool chunked, std::string_view request_id = {});

/// The end of a chunked body.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace gateway::http
