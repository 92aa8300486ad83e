#include "gateway/http/client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "gateway/http/answer_reader.h"
#include "gateway/io/unique_fd.h"

namespace gateway::http {

namespace {

/// More than any answer that is of use here; what listens there may be something else.
constexpr std::size_t kLongestAnswer = 8 << 20;

using Clock = std::chrono::steady_clock;

Error failed(std::string_view step) {
  auto const why = errno == EAGAIN || errno == EINPROGRESS ? "no answer in time" : std::strerror(errno);
  return Error{fmt::format("{}: {}", step, why)};
}

/// What is left until then, for the next system call. False when nothing is.
bool limit(int fd, Clock::time_point until) {
  auto const left = std::chrono::duration_cast<std::chrono::microseconds>(until - Clock::now()).count();
  if (left <= 0) {
    errno = EAGAIN;
    return false;
  }
  timeval const time{.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  return true;
}

Result<io::UniqueFd> connect_to(Url const& url, Clock::time_point until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto const code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); code != 0) {
    return Error{fmt::format("{}: {}", url.host, gai_strerror(code))};
  }
  auto const addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>(found, freeaddrinfo);
  for (auto const* address = addresses.get(); address != nullptr; address = address->ai_next) {
    io::UniqueFd connection(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!connection || !limit(connection.get(), until)) continue;
    if (connect(connection.get(), address->ai_addr, address->ai_addrlen) == 0) return connection;
  }
  return failed("connecting");
}

Status send_all(int fd, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    if (!limit(fd, until)) return failed("asking");
    auto const sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return failed("asking");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Done{};
}

Error no_answer(AnswerReader::State state) {
  switch (state) {
    case AnswerReader::State::TooLarge:
      return Error{fmt::format("the answer is longer than {} MiB", kLongestAnswer >> 20)};
    case AnswerReader::State::Cut: return Error{"the connection ended before the answer did"};
    case AnswerReader::State::NotHttp:
    case AnswerReader::State::NeedMore:
    case AnswerReader::State::Done: break;
  }
  return Error{"what was answered is not HTTP"};
}

Result<Answered> read_answer(int fd, Clock::time_point until) {
  AnswerReader answer(kLongestAnswer);
  auto state = AnswerReader::State::NeedMore;
  char piece[16384];
  while (state == AnswerReader::State::NeedMore) {
    if (!limit(fd, until)) return failed("reading the answer");
    auto const size = recv(fd, piece, sizeof piece, 0);
    if (size < 0) return failed("reading the answer");
    state = size == 0 ? answer.end() : answer.feed({piece, static_cast<std::size_t>(size)});
  }
  if (state != AnswerReader::State::Done) return no_answer(state);
  return Answered{answer.status(), std::string(answer.body())};
}

/// The port is left out where it is the usual one, as clients do.
std::string host_field(Url const& url) {
  auto const host = url.host.find(':') == std::string::npos ? url.host : fmt::format("[{}]", url.host);
  return url.port == "80" ? host : fmt::format("{}:{}", host, url.port);
}

std::string written(Url const& url, Question const& question) {
  auto const length =
      question.body.empty() ? std::string{} : fmt::format("Content-Length: {}\r\n", question.body.size());
  return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}\r\n{}", question.method, url.path,
                     question.host.empty() ? host_field(url) : std::string(question.host), length, question.fields,
                     question.body);
}

}  // namespace

Result<Answered> ask(Url const& url, Question const& question, std::chrono::milliseconds patience) {
  auto const until = Clock::now() + patience;
  auto const connection = connect_to(url, until);
  if (!connection) return connection.error();
  if (auto const sent = send_all(connection->get(), written(url, question), until); !sent) return sent.error();
  return read_answer(connection->get(), until);
}

}  // namespace gateway::http
