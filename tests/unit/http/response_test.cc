#include "gateway/http/response.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::http {
namespace {

std::string written(Response const& response, After after = After::KeepAlive) {
  ByteQueue out;
  append_response(out, response, after);
  return std::string(out.view());
}

TEST(Response, HasAHeadAndItsPieces) {
  std::string_view const body[] = {"{\"a\":", "1}"};
  EXPECT_EQ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
            written({.status = 200, .content_type = "application/json", .fields = {}, .body = body}));
}

TEST(Response, SaysThatItHasNoBody) {
  EXPECT_EQ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            written({.status = 404, .content_type = {}, .fields = {}, .body = {}}));
}

TEST(Response, HasNoLengthWithoutContent) {
  EXPECT_EQ("HTTP/1.1 204 No Content\r\n\r\n", written({.status = 204, .content_type = {}, .fields = {}, .body = {}}));
}

TEST(Response, IsTheSameByTheShortWayOfA202) {
  EXPECT_EQ("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
            written({.status = 202, .content_type = {}, .fields = {}, .body = {}}));
  std::string_view const body = "Accepted";
  EXPECT_EQ("HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nAccepted",
            written({.status = 202, .content_type = "text/plain", .fields = {}, .body = {&body, 1}}));
}

TEST(Response, CarriesFurtherFieldsAndTheEnd) {
  EXPECT_EQ(
      "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nAllow: GET\r\nX: y\r\nConnection: "
      "close\r\n\r\n",
      written({.status = 405, .content_type = {}, .fields = "Allow: GET\r\nX: y\r\n", .body = {}}, After::Close));
  EXPECT_EQ("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nX: y\r\nConnection: close\r\n\r\n",
            written({.status = 202, .content_type = {}, .fields = "X: y\r\n", .body = {}}, After::Close));
}

TEST(Response, SaysWhenToComeBackWhereSomethingIsMissingForAMoment) {
  std::string_view const body = "busy";
  EXPECT_EQ(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nRetry-After: 1\r\nX: "
      "y\r\n\r\nbusy",
      written({.status = 503, .content_type = "text/plain", .fields = "X: y\r\n", .body = {&body, 1}},
              After::KeepAlive));
  for (auto const status : {200, 202, 429, 500}) {
    auto const other = written({.status = status, .content_type = {}, .fields = {}, .body = {}}, After::KeepAlive);
    EXPECT_EQ(std::string::npos, other.find("Retry-After")) << status;
  }
}

TEST(Response, NamesEveryStatusItGives) {
  for (int const status :
       {200, 202, 204, 400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 417, 421, 429, 431, 500, 501, 503, 505}) {
    EXPECT_NE("Unknown", reason_phrase(status)) << status;
  }
  EXPECT_EQ("Unknown", reason_phrase(299));
}

TEST(StreamHead, IsChunkedOrEndsWithTheConnection) {
  ByteQueue chunked, older;
  append_stream_head(chunked, "Mcp-Session-Id: x\r\n", true);
  append_stream_head(older, "", false);
  EXPECT_EQ(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n"
      "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\nMcp-Session-Id: x\r\n\r\n",
      chunked.view());
  EXPECT_EQ(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n"
      "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n",
      older.view());
}

}  // namespace
}  // namespace gateway::http
