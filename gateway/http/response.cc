#include "gateway/http/response.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>

#include "gateway/base/request_id.h"

namespace gateway::http {

namespace {

void append_number(ByteQueue& out, std::size_t number) {
  std::array<char, 24> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// In one piece: every answer has it.
void append_request_id(ByteQueue& out, std::string_view id) {
  constexpr std::string_view kName = "X-Request-Id: ";
  if (id.empty()) return;
  auto* const to = out.extend(kName.size() + id.size() + 2);
  std::memcpy(to, kName.data(), kName.size());
  // Nearly all have that size; a copy of a size that is known costs no call.
  if (id.size() == RequestId::kMadeSize) {
    std::memcpy(to + kName.size(), id.data(), RequestId::kMadeSize);
  } else {
    std::memcpy(to + kName.size(), id.data(), id.size());
  }
  std::memcpy(to + kName.size() + id.size(), "\r\n", 2);
  out.commit(kName.size() + id.size() + 2);
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

void append_response(ByteQueue& out, Response const& response, After after) {
  std::size_t length = 0;
  for (auto const piece : response.body) length += piece.size();

  // The answer to nearly every POST of a legacy SSE client, in one copy.
  constexpr std::string_view kAccepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n";
  if (response.status == 202 && length == 0 && response.content_type.empty()) {
    out.append(kAccepted);
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(response.status));
    out.push_back(' ');
    out.append(reason_phrase(response.status));
    if (!response.content_type.empty()) {
      out.append("\r\nContent-Type: ");
      out.append(response.content_type);
    }
    if (response.status != 204) {
      out.append("\r\nContent-Length: ");
      append_number(out, length);
    }
    out.append("\r\n");
    if (response.status == 503) {
      out.append("Retry-After: ");
      append_number(out, response.retry_after);
      out.append("\r\n");
    }
  }
  append_request_id(out, response.request_id);
  out.append(response.fields);
  if (after == After::Close) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (response.head_only) return;
  for (auto const piece : response.body) out.append(piece);
}

void append_stream_head(ByteQueue& out, std::string_view fields, bool chunked, std::string_view request_id) {
  // No transformation and no buffering on the way: proxies would hold events back.
  out.append(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no\r\n");
  out.append(chunked ? "Transfer-Encoding: chunked\r\n" : "Connection: close\r\n");
  append_request_id(out, request_id);
  out.append(fields);
  out.append("\r\n");
}

}  // namespace gateway::http
