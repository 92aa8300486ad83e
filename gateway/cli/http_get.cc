#include "gateway/cli/http_get.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/io/unique_fd.h"

namespace gateway::cli {

namespace {

/// More than any page of ours; what listens there may be something else.
constexpr std::size_t kLongestAnswer = 8 << 20;

struct Url {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

std::optional<Url> parse(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  Url url;
  if (auto const slash = text.find('/'); slash != text.npos) {
    url.path = text.substr(slash);
    text = text.substr(0, slash);
  }
  if (auto const colon = text.rfind(':'); colon != text.npos && !text.ends_with(']')) {
    url.port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  url.host = text;
  auto const whole = (url.host + url.port + url.path).find_first_of(" \r\n") == std::string::npos;
  return whole && !url.host.empty() && !url.port.empty() ? std::optional(url) : std::nullopt;
}

Error failed(std::string_view step) {
  auto const why = errno == EAGAIN || errno == EINPROGRESS ? "no answer in time" : std::strerror(errno);
  return Error{fmt::format("{}: {}", step, why)};
}

/// A connection on which no step takes longer than `patience`.
Result<io::UniqueFd> connect_to(Url const& url, std::chrono::seconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto const code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); code != 0) {
    return Error{fmt::format("{}: {}", url.host, gai_strerror(code))};
  }
  auto const addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>(found, freeaddrinfo);
  timeval const limit{.tv_sec = patience.count(), .tv_usec = 0};
  for (auto const* address = addresses.get(); address != nullptr; address = address->ai_next) {
    io::UniqueFd connection(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!connection) continue;
    setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(connection.get(), address->ai_addr, address->ai_addrlen) == 0) return connection;
  }
  return failed("connecting");
}

/// All that is answered until the connection ends.
Result<std::string> read_all(Url const& url, std::chrono::seconds patience) {
  auto connection = connect_to(url, patience);
  if (!connection) return connection.error();
  // The gateway serves addresses and localhost under any of its listeners.
  auto const request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", url.path);
  auto const sent = send(connection->get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return failed("asking");
  std::string answer;
  char piece[16384];
  while (answer.size() < kLongestAnswer) {
    auto const size = recv(connection->get(), piece, sizeof piece, 0);
    if (size < 0) return failed("reading the answer");
    if (size == 0) return answer;
    answer.append(piece, static_cast<std::size_t>(size));
  }
  return Error{"the answer does not end"};
}

}  // namespace

Result<HttpAnswer> http_get(std::string const& url, std::chrono::seconds patience) {
  auto const parsed = parse(url);
  if (!parsed) return Error{fmt::format("expected http://HOST:PORT/PATH, found '{}'", url)};
  auto const answer = read_all(*parsed, patience);
  if (!answer) return Error{fmt::format("{}: {}", url, answer.error().what)};
  std::string_view const text = *answer;
  auto const body = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || body == text.npos) {
    return Error{fmt::format("{}: what was answered is not HTTP", url)};
  }
  HttpAnswer found{.status = 0, .body = std::string(text.substr(body + 4))};
  auto const status = text.substr(std::min(text.find(' ') + 1, text.size()), 3);
  std::from_chars(status.data(), status.data() + status.size(), found.status);
  return found;
}

}  // namespace gateway::cli
