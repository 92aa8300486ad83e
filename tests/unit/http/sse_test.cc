#include "gateway/http/sse.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gateway/http/chunked.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;

std::string event_of(std::vector<std::string_view> data, std::string_view name = "message", std::string_view id = {},
                     bool chunked = false) {
  ByteQueue out;
  append_event(out, {.event = name, .id = id, .data = data}, chunked);
  return std::string(out.view());
}

/// The data as a client gets it, which must be one event whose lines end in LF alone.
std::string data_of(std::string_view json) {
  auto const event = event_of({json}, "");
  EXPECT_TRUE(event.starts_with("data: ") && event.ends_with("\n\n")) << event;
  auto const data = event.substr(6, event.size() - 8);
  EXPECT_EQ(std::string::npos, data.find_first_of("\r\n")) << data;
  EXPECT_EQ(data.size(), data_size({.data = std::vector{json}}));
  return data;
}

TEST(SseEvent, HasItsLinesInOrder) {
  EXPECT_EQ("event: message\nid: 1-2\ndata: {}\n\n", event_of({"{}"}, "message", "1-2"));
  EXPECT_EQ("event: message\ndata: {}\n\n", event_of({"{}"}));
  EXPECT_EQ("data: {}\n\n", event_of({"{}"}, ""));
}

TEST(SseEvent, MayHaveNoData) { EXPECT_EQ("id: 1-0\ndata: \n\n", event_of({}, "", "1-0")); }

TEST(SseEvent, JoinsThePiecesOfItsData) { EXPECT_EQ("data: {\"a\":1}\n\n", event_of({"{", "\"a\":", "", "1}"}, "")); }

TEST(SseEvent, MayHaveMorePiecesOfDataThanAreSentAtOnce) {
  std::vector<std::string_view> const many(40, "ab");
  std::string all;
  for (auto const piece : many) all += piece;
  EXPECT_EQ("event: message\nid: 1-2\ndata: " + all + "\n\n", event_of(many, "message", "1-2"));
}

TEST(SseEvent, TurnsLineEndsBetweenTokensIntoSpaces) {
  EXPECT_EQ(R"({"a": 1, "b":2})", data_of("{\"a\":\r1,\n\"b\":2}"));
  EXPECT_EQ("  ", data_of("\r\n"));
}

TEST(SseEvent, CannotBeForgedByACarriageReturn) {
  auto const event = event_of({"{}\rdata: {\"forged\":1}\r\revent: x\rdata: y"}, "");
  EXPECT_EQ(std::string::npos, event.find('\r'));
  EXPECT_EQ(event.size() - 2, event.find('\n'));
}

TEST(SseEvent, EscapesWhatEndsALineForSomeReader) {
  EXPECT_EQ(R"("a\u2028b\u2029c\u0085d")", data_of("\"a\xE2\x80\xA8"
                                                   "b\xE2\x80\xA9"
                                                   "c\xC2\x85"
                                                   "d\""));
}

TEST(SseEvent, KeepsTheNeighboursOfWhatItEscapes) {
  auto const text = "\"\xC2\x84\xC2\x86\xC3\x85\xE2\x80\xA7\xE2\x80\xAA\xE2\x81\xA8\xE2\x82\xAC\x7f\""s;
  EXPECT_EQ(text, data_of(text));
}

TEST(SseEvent, EscapesEveryControlWithinAString) {
  for (int code = 0; code < 0x20; ++code) {
    auto const control = std::string(1, static_cast<char>(code));
    EXPECT_EQ(control, nlohmann::json::parse(data_of("\"" + control + "\"")).get<std::string>());
  }
}

TEST(SseEvent, KeepsTabsBetweenTokens) {
  EXPECT_EQ("{\t\"a\":\t\"\\u0009\",\t\"\\\"\\u0009\\\\\":\t1\t}",
            data_of("{\t\"a\":\t\"\t\",\t\"\\\"\t\\\\\":\t1\t}"));
  EXPECT_EQ("{\"a\\\\\":\t1}", data_of("{\"a\\\\\":\t1}"));
}

TEST(SseEvent, KnowsAStringThatGoesOnInAnotherPiece) {
  EXPECT_EQ("data: \"a\\u0009b\\\"\\u0009\"\t\n\n", event_of({"\"a", "\tb\\", "\"\t\"", "\t"}, ""));
}

TEST(SseEvent, MeansTheSameJsonAfterItsEscapes) {
  auto const text = "{\"k\xE2\x80\xA8\":[\"\xC2\x85\",\n{\"\xE2\x80\xA9\\u2028\":\"\xF0\x9F\x98\x80\\n\"}]}"s;
  EXPECT_EQ(nlohmann::json::parse(text), nlohmann::json::parse(data_of(text)));
}

TEST(SseEvent, SurvivesASequenceCutAtItsEnd) {
  for (auto const* const text : {"\xE2", "\xE2\x80", "\xC2", "a\xE2\x80"}) EXPECT_EQ(text, data_of(text));
}

TEST(SseStream, DecodesBackFromItsChunks) {
  ByteQueue out;
  append_retry(out, 3000, true);
  append_comment(out, "ping", true);
  append_event(out, {.event = "endpoint", .id = "", .data = {}}, true);
  std::string_view const large[] = {"\"", "\xE2\x80\xA8", "\""};
  append_event(out, {.event = "message", .id = "1-1", .data = large}, true);
  auto const text = std::string(5000, 'x');
  std::string_view const piece = text;
  append_event(out, {.event = "", .id = "", .data = {&piece, 1}}, true);
  out.append(kLastChunk);

  ByteQueue body;
  auto const fed = ChunkedDecoder().feed(out.view(), SIZE_MAX, body);
  EXPECT_EQ(ChunkedDecoder::State::Done, fed.state);
  EXPECT_EQ(out.size(), fed.consumed);
  EXPECT_EQ(
      "retry: 3000\n\n: ping\n\nevent: endpoint\ndata: \n\nevent: message\nid: 1-1\ndata: "
      "\"\\u2028\"\n\ndata: " +
          text + "\n\n",
      body.view());
}

TEST(SseStream, IsOneChunkAnEvent) {
  EXPECT_EQ("22\r\nevent: message\nid: 1-2\ndata: {}\n\n\r\n"s.size(), event_of({"{}"}, "message", "1-2", true).size());
  EXPECT_EQ("a\r\ndata: {}\n\n\r\n", event_of({"{}"}, "", "", true));
}

TEST(SseStream, HasNoChunksForOlderClients) {
  ByteQueue out;
  append_comment(out, "ping", false);
  append_retry(out, 7, false);
  EXPECT_EQ(": ping\n\nretry: 7\n\n", out.view());
}

}  // namespace
}  // namespace gateway::http
