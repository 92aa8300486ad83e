// A chunked body decodes the same in whatever pieces it comes, and what we accept
// Boost.Beast 1.74 decodes to the same bytes with the same end.
//
// Beast accepts more. Seen, class by class:
//  - a size of any number of digits, if the leading ones are zeros
//  - blanks between size and extension ("5 ;a")
//  - folded trailer fields
//  - extensions and trailers of any length
//  - a bare LF in place of the last line end: not refused, it waits for more
// It refuses two things we take, both about bytes we drop: an extension that is
// not name or name=value (at an open quote it waits for the other), and a trailer
// field that would be wrong in a head, such as Content-Length.
#include "gateway/http/chunked.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using gateway::ByteQueue;
using gateway::http::ChunkedDecoder;
using State = ChunkedDecoder::State;
namespace beast = boost::beast;
using BeastParser = beast::http::request_parser<beast::http::string_body>;
using BeastError = beast::http::error;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

struct Decoded {
  State state = State::NeedMore;
  std::size_t consumed = 0;
  std::string body;

  bool operator==(Decoded const&) const = default;
};

/// Feeds the first `first` bytes at once and the others `step` at a time.
Decoded decode(std::string_view bytes, std::size_t max_body, std::size_t first, std::size_t step) {
  ChunkedDecoder decoder;
  ByteQueue body;
  Decoded decoded;
  auto piece = first;
  while (decoded.state == State::NeedMore && decoded.consumed < bytes.size()) {
    auto const given = bytes.substr(decoded.consumed, piece);
    auto const fed = decoder.feed(given, max_body, body);
    require(fed.state != State::NeedMore || fed.consumed == given.size(), "takes all it is given");
    require(body.size() <= max_body, "limit of the body");
    decoded.state = fed.state;
    decoded.consumed += fed.consumed;
    piece = step;
  }
  decoded.body = body.view();
  return decoded;
}

void check_pieces(std::string_view bytes, std::size_t max_body) {
  auto const whole = decode(bytes, max_body, bytes.size(), 1);
  for (std::size_t split = 1; split < bytes.size(); split += 1 + bytes.size() / 64)
    require(whole == decode(bytes, max_body, split, bytes.size()), "in two pieces");
  require(whole == decode(bytes, max_body, 1, 1), "byte by byte");
}

/// `text` is one body that we accepted.
void compare_with_beast(std::string_view text, std::string_view body) {
  constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  BeastParser theirs;
  theirs.eager(true);
  theirs.body_limit(UINT64_MAX);
  beast::error_code error;
  theirs.put(boost::asio::buffer(kHead.data(), kHead.size()), error);
  std::size_t consumed = 0;
  while (!error && !theirs.is_done() && consumed < text.size())
    consumed += theirs.put(boost::asio::buffer(text.data() + consumed, text.size() - consumed), error);

  auto const trailer_judged = error == BeastError::bad_content_length || error == BeastError::bad_value ||
                              error == BeastError::bad_transfer_encoding;
  auto const quote_open = error == BeastError::need_more && text.find('"') != text.npos;
  if (trailer_judged || quote_open || error == BeastError::bad_chunk_extension) return;
  require(!error && theirs.is_done(), "accepted by Beast");
  require(consumed == text.size(), "end of the body");
  require(theirs.get().body() == body, "body");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  auto const whole = decode(bytes, SIZE_MAX, size, 1);
  if (whole.state == State::Done) compare_with_beast(bytes.substr(0, whole.consumed), whole.body);
  check_pieces(bytes, SIZE_MAX);
  check_pieces(bytes, 16);
  return 0;
}
