#include "gateway/http/client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "gateway/http/answer_reader.h"
#include "gateway/io/tls_session.h"
#include "gateway/io/unique_fd.h"

namespace gateway::http {

namespace {

/// More than any answer that is of use here; what listens there may be something else.
constexpr std::size_t kLongestAnswer = 8 << 20;
constexpr std::size_t kPiece = 16 * 1024;

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

/// At most `room` bytes; none at the end.
Result<std::size_t> receive(int fd, char* into, std::size_t room, Clock::time_point until) {
  if (!limit(fd, until)) return failed("reading the answer");
  auto const size = recv(fd, into, room, 0);
  if (size < 0) return failed("reading the answer");
  return static_cast<std::size_t>(size);
}

/// Bytes as they are.
class PlainWire {
 public:
  explicit PlainWire(int fd) : fd_(fd) {}

  Status send(std::string_view bytes, Clock::time_point until) { return send_all(fd_, bytes, until); }
  /// Valid until the next call; empty at the end.
  Result<std::string_view> read(Clock::time_point until) {
    auto const size = receive(fd_, piece_.data(), piece_.size(), until);
    if (!size) return size.error();
    return std::string_view(piece_.data(), *size);
  }

 private:
  int fd_;
  std::array<char, kPiece> piece_;
};

/// The same through TLS.
class TlsWire {
 public:
  TlsWire(int fd, io::TlsSession& tls) : fd_(fd), tls_(tls) {}

  Status send(std::string_view bytes, Clock::time_point until) {
    (void)tls_.unseal({}, buffer_.data());
    while (tls_.state() == io::TlsSession::State::Handshake) {
      if (auto const plain = exchange(until); !plain) return plain.error();
    }
    if (!tls_.seal(bytes)) return trouble();
    return send_sealed(until);
  }
  Result<std::string_view> read(Clock::time_point until) {
    while (tls_.state() == io::TlsSession::State::Open) {
      auto const plain = exchange(until);
      if (!plain || !plain->empty()) return plain;
    }
    return std::string_view{};
  }

 private:
  Status send_sealed(Clock::time_point until) {
    auto const sent = send_all(fd_, tls_.unsent(), until);
    tls_.sent(tls_.unsent().size());
    return sent;
  }
  /// Sends what TLS has to say, and unseals what comes next.
  Result<std::string_view> exchange(Clock::time_point until) {
    if (auto const sent = send_sealed(until); !sent) return sent.error();
    auto* const sealed = buffer_.data() + io::TlsSession::kLead;
    auto const size = receive(fd_, sealed, kPiece, until);
    if (!size) return size.error();
    if (*size == 0) return Error{"the connection ended before the answer did"};
    auto const plain = tls_.unseal({sealed, *size}, buffer_.data());
    if (tls_.state() == io::TlsSession::State::Failed) return trouble();
    return plain;
  }
  [[nodiscard]] Error trouble() const {
    using Failure = io::TlsSession::Failure;
    if (tls_.failure() == Failure::PlainHttp) return Error{"it speaks http, not https"};
    if (tls_.failure() == Failure::BadCertificate)
      return Error{fmt::format("its certificate is not trusted: {}", tls_.trouble())};
    return Error{fmt::format("TLS failed: {}", tls_.trouble().empty() ? "unknown reason" : tls_.trouble())};
  }

  int fd_;
  io::TlsSession& tls_;
  std::array<char, io::TlsSession::kLead + kPiece> buffer_;
};

template <typename Wire>
Result<Answered> converse(Wire wire, std::string_view words, std::string_view enough, Clock::time_point until) {
  if (auto const sent = wire.send(words, until); !sent) return sent.error();
  AnswerReader answer(kLongestAnswer);
  auto state = AnswerReader::State::NeedMore;
  while (state == AnswerReader::State::NeedMore) {
    auto const piece = wire.read(until);
    if (!piece) return piece.error();
    state = piece->empty() ? answer.end() : answer.feed(*piece);
    if (!enough.empty() && answer.body().find(enough) != std::string_view::npos) state = AnswerReader::State::Done;
  }
  if (state != AnswerReader::State::Done) return no_answer(state);
  return Answered{answer.status(), std::string(answer.body()), answer.fields()};
}

/// The port is left out where it is the usual one, as clients do.
std::string host_field(Url const& url) {
  auto const host = url.host.find(':') == std::string::npos ? url.host : fmt::format("[{}]", url.host);
  return url.port == (url.has_tls ? "443" : "80") ? host : fmt::format("{}:{}", host, url.port);
}

std::string written(Url const& url, Question const& question) {
  auto const length =
      question.body.empty() ? std::string{} : fmt::format("Content-Length: {}\r\n", question.body.size());
  return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}\r\n{}", question.method, url.path,
                     question.host.empty() ? host_field(url) : std::string(question.host), length, question.fields,
                     question.body);
}

}  // namespace

Result<Answered> ask(Url const& url, Question const& question, std::chrono::milliseconds patience,
                     io::TlsTrust const& trust) {
  auto const until = Clock::now() + patience;
  auto const words = written(url, question);
  auto const context = url.has_tls ? io::client_context(trust) : Result<io::TlsContext>(io::TlsContext{});
  if (!context) return context.error();
  auto const connection = connect_to(url, until);
  if (!connection) return connection.error();
  if (!url.has_tls) return converse(PlainWire(connection->get()), words, question.enough, until);
  io::TlsSession tls(context->get(), url.host);
  return converse(TlsWire(connection->get(), tls), words, question.enough, until);
}

}  // namespace gateway::http
