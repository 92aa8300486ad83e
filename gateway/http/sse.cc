#include "gateway/http/sse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <string>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gateway::http {

namespace {

/// Whether bytes are there that may begin something to escape: controls, and the
/// lead bytes of U+0085 (C2) and of U+2028 and U+2029 (E2). Every byte of every
/// answer is looked at here, so sixteen at a time where the machine can.
bool may_need_escape(std::string_view text) {
  auto const* p = text.data();
  auto const* const end = p + text.size();
#if defined(__SSE2__)
  auto found = _mm_setzero_si128();
  auto const highest_control = _mm_set1_epi8(0x1f);
  for (; end - p >= 16; p += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, highest_control), bytes);
    auto const lead = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\xC2')),
                                   _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\xE2')));
    found = _mm_or_si128(found, _mm_or_si128(control, lead));
  }
  if (_mm_movemask_epi8(found) != 0) return true;
#endif
  return std::any_of(p, end, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\xC2' || c == '\xE2'; });
}

/// CR ends a line of an event, and a child's CR could forge one. The others end
/// a line for readers that cut where Unicode does (httpx-sse up to 0.4.1).
/// Inside a JSON string the escape means the same; between tokens there is only
/// CR, which is white space there.
void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const rest = text.substr(i);
    auto const code = static_cast<unsigned char>(text[i]);
    if (text[i] == '\r' || text[i] == '\n') {
      out.push_back(' ');
    } else if (code < 0x20 && text[i] != '\t') {
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
  for (auto const piece : data) append_escaped(text, piece);
  return text;
}

bool any_needs_escape(Pieces data) {
  for (auto const piece : data) {
    if (may_need_escape(piece)) return true;
  }
  return false;
}

std::size_t total(Pieces pieces) {
  std::size_t bytes = 0;
  for (auto const piece : pieces) bytes += piece.size();
  return bytes;
}

void append_chunk_size(ByteQueue& out, std::size_t size) {
  std::array<char, 18> hex;
  auto* const end = std::to_chars(hex.data(), hex.data() + hex.size(), size, 16).ptr;
  out.append({hex.data(), static_cast<std::size_t>(end - hex.data())});
  out.append("\r\n");
}

void append_plain(ByteQueue& out, std::string_view text, bool chunked) {
  if (chunked) append_chunk_size(out, text.size());
  out.append(text);
  if (chunked) out.append("\r\n");
}

}  // namespace

std::size_t data_size(Pieces data) { return any_needs_escape(data) ? escaped(data).size() : total(data); }

void append_event(ByteQueue& out, Event const& event, bool chunked) {
  std::string rewritten;
  std::string_view rewritten_piece;
  auto data = event.data;
  if (any_needs_escape(data)) {
    rewritten = escaped(data);
    rewritten_piece = rewritten;
    data = {&rewritten_piece, 1};
  }

  constexpr std::string_view kEvent = "event: ";
  constexpr std::string_view kId = "id: ";
  constexpr std::string_view kData = "data: ";
  if (chunked) {
    auto const event_line = event.event.empty() ? 0 : kEvent.size() + event.event.size() + 1;
    auto const id_line = event.id.empty() ? 0 : kId.size() + event.id.size() + 1;
    append_chunk_size(out, event_line + id_line + kData.size() + total(data) + 2);
  }
  if (!event.event.empty()) {
    out.append(kEvent);
    out.append(event.event);
    out.push_back('\n');
  }
  if (!event.id.empty()) {
    out.append(kId);
    out.append(event.id);
    out.push_back('\n');
  }
  out.append(kData);
  for (auto const piece : data) out.append(piece);
  out.append("\n\n");
  if (chunked) out.append("\r\n");
}

void append_comment(ByteQueue& out, std::string_view text, bool chunked) {
  append_plain(out, fmt::format(": {}\n\n", text), chunked);
}

void append_retry(ByteQueue& out, int milliseconds, bool chunked) {
  append_plain(out, fmt::format("retry: {}\n\n", milliseconds), chunked);
}

}  // namespace gateway::http
