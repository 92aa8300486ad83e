// The client over a real connection, to a server that says what the test gives it.
#include "gateway/http/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "gateway/io/unique_fd.h"

namespace gateway::http {
namespace {

/// Answers one request, in pieces, and keeps the connection open until it is destroyed.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> pieces)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(0, ::bind(listener_.get(), any, sizeof address));
    EXPECT_EQ(0, ::listen(listener_.get(), 1));
    EXPECT_EQ(0, ::getsockname(listener_.get(), any, &length));
    url_ = {.host = "127.0.0.1", .port = std::to_string(ntohs(address.sin_port))};
    thread_ = std::thread([this, pieces = std::move(pieces)] { serve(pieces); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // where nobody came
    thread_.join();
  }

  [[nodiscard]] Url const& url() const { return url_; }

 private:
  void serve(std::vector<std::string> const& pieces) {
    io::UniqueFd const client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char bytes[4096];
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
      auto const got = ::recv(client.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return;
      request.append(bytes, static_cast<std::size_t>(got));
    }
    for (auto const& piece : pieces) ::send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    // Until the client has what it needs, and closes.
    while (::recv(client.get(), bytes, sizeof bytes, 0) > 0) {
    }
  }

  io::UniqueFd listener_;
  Url url_;
  std::thread thread_;
};

constexpr std::chrono::seconds kPatience{120};

TEST(Ask, ReadsAnAnswerInChunksOfAServerThatKeepsTheConnection) {
  ScriptedServer const server(
      {"HTTP/1.1 200 OK\r\nTransfer-", "Encoding: chunked\r\n\r\n", "5\r\nab", "cde\r\n1\r\nf\r\n", "0\r\n\r\n"});
  auto const answer = ask(server.url(), {}, kPatience);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(200, answer->status);
  EXPECT_EQ("abcdef", answer->body);
}

TEST(Ask, ReadsAnAnswerAsLongAsItSaysOfAServerThatKeepsTheConnection) {
  ScriptedServer const server({"HTTP/1.1 503 x\r\nContent-Length: 3\r\n\r\n", "abc"});
  auto const answer = ask(server.url(), {}, kPatience);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(503, answer->status);
  EXPECT_EQ("abc", answer->body);
}

TEST(Ask, SaysWhenSomethingElseAnswers) {
  ScriptedServer const server({"SSH-2.0-OpenSSH_9.2\r\n"});
  auto const answer = ask(server.url(), {}, kPatience);
  ASSERT_FALSE(answer);
  EXPECT_EQ("what was answered is not HTTP", answer.error().what);
}

TEST(Ask, GivesUpOnAnAnswerThatDoesNotComeWhole) {
  std::string what;
  // On a busy machine the time may be over before the server was reached. Then it is asked again, with more.
  for (std::chrono::milliseconds time{50}; time < kPatience && !what.starts_with("reading"); time *= 4) {
    ScriptedServer const server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"});
    auto const answer = ask(server.url(), {}, time);
    ASSERT_FALSE(answer);
    what = answer.error().what;
  }
  EXPECT_EQ("reading the answer: no answer in time", what);
}

}  // namespace
}  // namespace gateway::http
