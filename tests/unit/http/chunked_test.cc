#include "gateway/http/chunked.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::http {
namespace {

using namespace std::string_literals;
using ChunkState = ChunkedDecoder::State;

constexpr std::size_t kNoLimit = SIZE_MAX;

struct Decoded {
  ChunkState state;
  std::size_t consumed;
  std::string body;

  bool operator==(Decoded const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Decoded const& decoded) {
  return out << static_cast<int>(decoded.state) << " after " << decoded.consumed << ": " << decoded.body;
}

Decoded decode(std::string_view bytes, std::size_t max_body = kNoLimit, std::size_t piece = std::string::npos) {
  ChunkedDecoder decoder;
  ByteQueue body;
  ChunkedDecoder::Fed fed{ChunkState::NeedMore, 0};
  std::size_t consumed = 0;
  while (fed.state == ChunkState::NeedMore && consumed < bytes.size()) {
    fed = decoder.feed(bytes.substr(consumed, piece), max_body, body);
    consumed += fed.consumed;
  }
  return {fed.state, consumed, std::string(body.view())};
}

Decoded decode_in_two(std::string_view bytes, std::size_t split, std::size_t max_body) {
  ChunkedDecoder decoder;
  ByteQueue body;
  auto fed = decoder.feed(bytes.substr(0, split), max_body, body);
  auto consumed = fed.consumed;
  if (fed.state == ChunkState::NeedMore) {
    fed = decoder.feed(bytes.substr(split), max_body, body);
    consumed += fed.consumed;
  }
  return {fed.state, consumed, std::string(body.view())};
}

TEST(Chunked, JoinsTheChunks) {
  EXPECT_EQ((Decoded{ChunkState::Done, 25, "hello, you"}), decode("7\r\nhello, \r\n3\r\nyou\r\n0\r\n\r\n"));
}

TEST(Chunked, TakesNothingOfTheNextRequest) {
  auto const text = "1\r\na\r\n0\r\n\r\n"s;
  EXPECT_EQ((Decoded{ChunkState::Done, text.size(), "a"}), decode(text + "GET / HTTP/1.1\r\n"));
}

TEST(Chunked, StaysDoneOrFailedWhateverFollows) {
  ByteQueue body;
  ChunkedDecoder done;
  EXPECT_EQ(ChunkState::Done, done.feed("0\r\n\r\n", kNoLimit, body).state);
  EXPECT_EQ(0U, done.feed("1\r\na\r\n", kNoLimit, body).consumed);
  EXPECT_EQ(ChunkState::Done, done.feed("", kNoLimit, body).state);
  ChunkedDecoder failed;
  EXPECT_EQ(ChunkState::Failed, failed.feed("x", kNoLimit, body).state);
  EXPECT_EQ(ChunkState::Failed, failed.feed("0\r\n\r\n", kNoLimit, body).state);
  EXPECT_TRUE(body.empty());
}

TEST(Chunked, AcceptsWhatTheGrammarAllows) {
  struct {
    std::string name, text, body;
  } const cases[] = {
      {"no data", "0\r\n\r\n", ""},
      {"hex of both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
      {"leading zeros", "0001\r\na\r\n000\r\n\r\n", "a"},
      {"sixteen digits", "0000000000000001\r\na\r\n0\r\n\r\n", "a"},
      {"line ends in data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"NUL in data", "1\r\n\0\r\n0\r\n\r\n"s, "\0"s},
      {"extensions", "1;a;b=c;d=\"e;f\"\r\na\r\n0;last\r\n\r\n", "a"},
      {"trailers", "1\r\na\r\n0\r\nExpires: never\r\nX:\r\n\r\n", "a"},
  };
  for (auto const& [name, text, body] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ((Decoded{ChunkState::Done, text.size(), body}), decode(text));
  }
}

struct Refused {
  std::string name, text;
};

/// Chunk lines that decoders are known to disagree about, and plain garbage.
Refused const kRefused[] = {
    {"no size", "\r\n\r\n"},
    {"extension without size", ";a\r\n\r\n"},
    {"size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"},
    {"size with plus", "+5\r\nhello\r\n0\r\n\r\n"},
    {"size with minus", "-5\r\nhello\r\n0\r\n\r\n"},
    {"size with h", "5h\r\nhello\r\n0\r\n\r\n"},
    {"size with underscore", "0_5\r\nhello\r\n0\r\n\r\n"},
    {"space before the size", " 5\r\nhello\r\n0\r\n\r\n"},
    {"space after the size", "5 \r\nhello\r\n0\r\n\r\n"},
    {"tab after the size", "5\t\r\nhello\r\n0\r\n\r\n"},
    {"space before the extension", "5 ;a\r\nhello\r\n0\r\n\r\n"},
    {"seventeen digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"},
    {"size past 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
    {"bare LF after the size", "5\nhello\r\n0\r\n\r\n"},
    {"bare CR after the size", "5\rhello\r\n0\r\n\r\n"},
    {"two CRs after the size", "5\r\r\nhello\r\n0\r\n\r\n"},
    {"bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n"},
    {"bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"},
    {"NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n"s},
    {"line end in a quoted extension", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"},
    {"data shorter than the size", "6\r\nhello\r\n0\r\n\r\n"},
    {"data longer than the size", "4\r\nhello\r\n0\r\n\r\n"},
    {"bare LF after the data", "5\r\nhello\n0\r\n\r\n"},
    {"bare CR after the data", "5\r\nhello\r0\r\n\r\n"},
    {"nothing after the data", "5\r\nhello0\r\n\r\n"},
    {"bare LF after the last size", "0\n\r\n"},
    {"bare LF as last line", "0\r\n\n"},
    {"bare CR as last line", "0\r\n\rGET"},
    {"trailer without colon", "0\r\nX\r\n\r\n"},
    {"trailer without name", "0\r\n: a\r\n\r\n"},
    {"space before the colon of a trailer", "0\r\nX : a\r\n\r\n"},
    {"folded trailer", "0\r\nX: a\r\n b\r\n\r\n"},
    {"bare LF after a trailer", "0\r\nX: a\n\r\n"},
    {"bare CR in a trailer", "0\r\nX: a\rb\r\n\r\n"},
    {"NUL in a trailer", "0\r\nX: a\0\r\n\r\n"s},
    {"request instead of a trailer", "0\r\nGET / HTTP/1.1\r\n\r\n"},
};

TEST(Chunked, RefusesWhatAnotherDecoderMightReadDifferently) {
  for (auto const& [name, text] : kRefused) {
    SCOPED_TRACE(name);
    EXPECT_EQ(ChunkState::Failed, decode(text).state);
  }
}

TEST(Chunked, RefusesABodyAsSoonAsAChunkWouldPassTheLimit) {
  EXPECT_EQ(ChunkState::Done, decode("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5).state);
  EXPECT_EQ((Decoded{ChunkState::TooLarge, 11, "abc"}), decode("3\r\nabc\r\n3\r\ndef", 5));
  EXPECT_EQ((Decoded{ChunkState::TooLarge, 3, ""}), decode("6\r\n", 5));
  EXPECT_EQ((Decoded{ChunkState::TooLarge, 18, ""}), decode("ffffffffffffffff\r\n", 5));
  EXPECT_EQ(ChunkState::TooLarge, decode("1\r\na\r\nffffffffffffffff\r\n", SIZE_MAX - 1).state);
  EXPECT_EQ(ChunkState::Done, decode("0\r\n\r\n", 0).state);
}

TEST(Chunked, DropsNoMoreThanEightKibibytesOfExtensionsAndTrailers) {
  constexpr std::size_t kLimit = 8 * 1024;
  auto const extension = [](std::size_t size) { return ";" + std::string(size - 1, 'e'); };
  auto const trailer = [](std::size_t size) { return "T:" + std::string(size - 2, 'v') + "\r\n"; };
  EXPECT_EQ(ChunkState::Done, decode("0" + extension(kLimit) + "\r\n\r\n").state);
  EXPECT_EQ(ChunkState::Failed, decode("0" + extension(kLimit + 1) + "\r\n\r\n").state);
  EXPECT_EQ(ChunkState::Done, decode("0\r\n" + trailer(kLimit) + "\r\n").state);
  EXPECT_EQ(ChunkState::Failed, decode("0\r\n" + trailer(kLimit + 1) + "\r\n").state);
  EXPECT_EQ(ChunkState::Failed, decode("1" + extension(kLimit / 2) + "\r\na\r\n0\r\n" + trailer(kLimit / 2 + 1)).state);
}

TEST(Chunked, DecodesTheSameInWhateverPiecesABodyComes) {
  std::vector<std::string> texts{"a;x=\"y\"\r\n0123456789\r\n1\r\n\n\r\n0\r\nX: y\r\nZ:\r\n\r\nnext", "6\r\nabc"};
  for (auto const& refused : kRefused) texts.push_back(refused.text);
  for (std::size_t const max_body : {kNoLimit, std::size_t{10}, std::size_t{4}}) {
    for (auto const& text : texts) {
      SCOPED_TRACE(text);
      auto const whole = decode(text, max_body);
      EXPECT_EQ(whole, decode(text, max_body, 1));
      for (std::size_t split = 0; split <= text.size(); ++split) EXPECT_EQ(whole, decode_in_two(text, split, max_body));
    }
  }
}

}  // namespace
}  // namespace gateway::http
