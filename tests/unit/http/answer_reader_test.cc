#include "gateway/http/answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::http {
namespace {

using ReaderState = AnswerReader::State;

struct Read {
  ReaderState state;
  int status;
  std::string body;
  bool operator==(Read const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Read const& read) {
  return out << static_cast<int>(read.state) << " " << read.status << " '" << read.body << "'";
}

enum class Then { Waits, Ends };

/// Of an answer that comes in pieces of `size` bytes.
Read read(std::string_view answer, std::size_t size, Then then) {
  AnswerReader reader(20);
  auto state = ReaderState::NeedMore;
  while (state == ReaderState::NeedMore && !answer.empty()) {
    state = reader.feed(answer.substr(0, size));
    answer.remove_prefix(std::min(size, answer.size()));
  }
  if (state == ReaderState::NeedMore && then == Then::Ends) state = reader.end();
  return {state, reader.status(), std::string(reader.body())};
}

void expect(Read const& expected, std::string_view answer, Then then = Then::Waits) {
  for (auto const size : {std::size_t{1}, std::size_t{3}, answer.size()})
    EXPECT_EQ(expected, read(answer, size, then)) << answer;
}

TEST(AnswerReader, ReadsABodyThatIsAsLongAsItSays) {
  expect({ReaderState::Done, 200, "abc"}, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  expect({ReaderState::Done, 503, ""}, "HTTP/1.0 503 Service Unavailable\r\ncontent-LENGTH:0\r\n\r\n");
  expect({ReaderState::Done, 200, "abc"}, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 500 no\r\n\r\n");
}

TEST(AnswerReader, ReadsABodyInChunks) {
  expect({ReaderState::Done, 200, "abcde"},
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n");
  expect({ReaderState::Done, 200, ""}, "HTTP/1.1 200 OK\r\ntransfer-encoding:  Chunked \r\n\r\n0\r\n\r\n");
  expect({ReaderState::Done, 200, "ab"},
         "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\nContent-Length: "
         "98\r\n\r\n2\r\nab\r\n0\r\n\r\n");
}

TEST(AnswerReader, ReadsABodyUpToTheEndWhereNothingElseIsSaid) {
  expect({ReaderState::Done, 200, "abc"}, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nabc", Then::Ends);
  expect({ReaderState::NeedMore, 200, "abc"}, "HTTP/1.1 200 OK\r\n\r\nabc");
}

TEST(AnswerReader, WaitsForNoBodyWhereThereCanBeNone) {
  expect({ReaderState::Done, 204, ""}, "HTTP/1.1 204 No Content\r\n\r\n");
  expect({ReaderState::Done, 304, ""}, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
}

TEST(AnswerReader, PassesOverInterimAnswers) {
  expect({ReaderState::Done, 200, "abc"},
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
         "3\r\n\r\nabc");
}

TEST(AnswerReader, TellsAnAnswerThatIsCut) {
  for (auto const* const cut : {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
    expect({ReaderState::Cut, 200, "ab"}, cut, Then::Ends);
  }
  expect({ReaderState::Cut, 0, ""}, "", Then::Ends);
}

TEST(AnswerReader, GivesUpOnABodyThatIsTooLarge) {
  auto const large = std::string(21, 'x');
  expect({ReaderState::TooLarge, 200, ""},
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n" + large + "\r\n0\r\n\r\n");
  EXPECT_EQ(ReaderState::TooLarge,
            read("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n" + large, 100, Then::Waits).state);
  EXPECT_EQ(ReaderState::TooLarge, read("HTTP/1.1 200 OK\r\n\r\n" + large, 100, Then::Waits).state);
}

TEST(AnswerReader, RefusesWhatIsNoAnswer) {
  for (auto const* const other :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\n"}) {
    for (auto const size : {1U, 100U}) EXPECT_EQ(ReaderState::NotHttp, read(other, size, Then::Waits).state) << other;
  }
  EXPECT_EQ(ReaderState::NotHttp, read("HTTP/1.1 200 OK\r\nServ", 100, Then::Ends).state);
  EXPECT_EQ(ReaderState::NotHttp, read("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), 1000, Then::Waits).state);
}

}  // namespace
}  // namespace gateway::http
