#include "gateway/http/request_text.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::http {
namespace {

RequestHead parsed(std::string const& text) {
  RequestHead head;
  EXPECT_EQ(HeadResult::State::Done, parse_head(text, 0, {}, head).state);
  return head;
}

TEST(RequestText, IsTheHeadThatItWasReadFrom) {
  std::string const text = "POST /a/mcp?x=y HTTP/1.1\r\nHost: a\r\nX-Odd:  two  words \r\nContent-Length: 3\r\n\r\n";
  EXPECT_EQ("POST /a/mcp?x=y HTTP/1.1\r\nHost:a\r\nX-Odd:two  words\r\nContent-Length:3\r\n\r\n",
            head_text(parsed(text)));
}

TEST(RequestText, HasTheBodyInOnePieceHoweverItCame) {
  std::string const text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nX-Last: b\r\n\r\n";
  EXPECT_EQ("POST / HTTP/1.1\r\nHost:a\r\nX-Last:b\r\nContent-Length:5\r\n\r\nhello",
            request_text(parsed(text), "hello"));
}

TEST(RequestText, IsNoLongerThanTheHeadWas) {
  for (std::string const text :
       {"GET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\nContent-Length:0\r\n\r\n"})
    EXPECT_EQ(text, request_text(parsed(text), ""));
}

}  // namespace
}  // namespace gateway::http
