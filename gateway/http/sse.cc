#include "gateway/http/sse.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "gateway/base/byte_scan.h"

namespace gateway::http {

namespace {

/// Bytes that may begin something to escape: controls, and the lead bytes of
/// U+0085 (C2) and of U+2028 and U+2029 (E2).
constexpr auto kSuspect = [](auto x) { return below(x, 0x20) | equals(x, '\xC2') | equals(x, '\xE2'); };

/// Where a JSON text stands: within a string, and behind a backslash there.
class StringState {
 public:
  void pass(char c) {
    auto const escaped = std::exchange(escaped_, inside_ && !escaped_ && c == '\\');
    if (c == '"' && !escaped) inside_ = !inside_;
  }
  [[nodiscard]] bool inside() const { return inside_; }

 private:
  bool inside_ = false;
  bool escaped_ = false;
};

/// CR ends a line of an event, and a child's CR could forge one. The others end
/// a line for readers that cut where Unicode does (httpx-sse up to 0.4.1).
/// Inside a JSON string the escape means the same, and a control character that is
/// not escaped there is no JSON (RFC 8259, section 7). Between tokens there are only
/// TAB and line ends, which are white space there.
void append_escaped(std::string& out, std::string_view text, StringState& at) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const rest = text.substr(i);
    auto const code = static_cast<unsigned char>(text[i]);
    at.pass(text[i]);
    if (!at.inside() && (text[i] == '\r' || text[i] == '\n')) {
      out.push_back(' ');
    } else if (code < 0x20 && (at.inside() || text[i] != '\t')) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    } else if (rest.starts_with("\xC2\x85")) {
      out.append("\\u0085");
      i += 1;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out.append(rest[2] == '\xA8' ? "\\u2028" : "\\u2029");
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
}

std::string escaped(Pieces data) {
  std::string text;
  StringState at;
  for (auto const piece : data) append_escaped(text, piece, at);
  return text;
}

bool may_need_escape(Event const& event) {
  return !event.plain && std::ranges::any_of(event.data, [](auto piece) { return has_byte(piece, kSuspect); });
}

std::size_t total(Pieces pieces) {
  std::size_t bytes = 0;
  for (auto const piece : pieces) bytes += piece.size();
  return bytes;
}

/// The size of a chunk in hex, and a line end.
constexpr std::size_t kMaxChunkFrame = 20;

char* write_chunk_size(char* to, std::size_t size) {
  to = std::to_chars(to, to + kMaxChunkFrame, size, 16).ptr;
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

void append_plain(ByteQueue& out, std::string_view text, bool chunked) {
  if (chunked) {
    auto* const start = out.extend(kMaxChunkFrame);
    out.commit(static_cast<std::size_t>(write_chunk_size(start, text.size()) - start));
  }
  out.append(text);
  if (chunked) out.append("\r\n");
}

}  // namespace

std::size_t data_size(Event const& event) {
  return may_need_escape(event) ? escaped(event.data).size() : total(event.data);
}

namespace {

/// Calls `put` with each part of an event, in order. `data` is its data with nothing to escape.
template <typename Put>
void write_event(Event const& event, Pieces data, Put put) {
  if (!event.event.empty()) put("event: "), put(event.event), put("\n");
  if (!event.id.empty()) put("id: "), put(event.id), put("\n");
  put("data: ");
  for (auto const piece : data) put(piece);
  put("\n\n");
}

/// Its bytes, but for those of a chunk.
std::size_t event_size(Event const& event, Pieces data) {
  std::size_t size = 0;
  write_event(event, data, [&size](std::string_view part) { size += part.size(); });
  return size;
}

}  // namespace

EventPieces::EventPieces(Event const& event, bool chunked) {
  auto data = event.data;
  std::string_view escaped_data;
  if (may_need_escape(event) || data.size() > kMaxData) {
    escaped_ = escaped(data);
    escaped_data = escaped_;
    data = {&escaped_data, 1};
  }
  if (chunked) {
    auto* const end = write_chunk_size(chunk_size_.data(), event_size(event, data));
    add({chunk_size_.data(), static_cast<std::size_t>(end - chunk_size_.data())});
  }
  write_event(event, data, [this](std::string_view part) { add(part); });
  if (chunked) add("\r\n");
}

void append_event(ByteQueue& out, Event const& event, bool chunked) {
  std::string rewritten;
  std::string_view rewritten_piece;
  auto data = event.data;
  if (may_need_escape(event)) {
    rewritten = escaped(data);
    rewritten_piece = rewritten;
    data = {&rewritten_piece, 1};
  }
  auto const size = event_size(event, data);
  // Room for everything is made once: an event is many small pieces.
  auto* const start = out.extend(size + 2 * kMaxChunkFrame);
  auto* to = chunked ? write_chunk_size(start, size) : start;
  auto const put = [&to](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    to += text.size();
  };
  write_event(event, data, put);
  if (chunked) put("\r\n");
  out.commit(static_cast<std::size_t>(to - start));
}

void append_comment(ByteQueue& out, std::string_view text, bool chunked) {
  append_plain(out, fmt::format(": {}\n\n", text), chunked);
}

void append_retry(ByteQueue& out, int milliseconds, bool chunked) {
  append_plain(out, fmt::format("retry: {}\n\n", milliseconds), chunked);
}

}  // namespace gateway::http
