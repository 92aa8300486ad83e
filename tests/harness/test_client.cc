#include "tests/harness/test_client.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

namespace gateway::harness {

std::string HeardAnswer::field(std::string_view name) const {
  auto const key = "\r\n" + std::string(name) + ": ";
  auto const at = head.find(key);
  if (at == std::string::npos) return {};
  auto const from = at + key.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

TestClient::TestClient(int window) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no socket pair");
  }
  end_ = io::UniqueFd(ends[0]);
  gateway_end_ = io::UniqueFd(ends[1]);
  if (window > 0) ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
}

void TestClient::send(std::string_view bytes) {
  if (!end_) return;
  out_.append(bytes);
  pump();
}

void TestClient::half_close() {
  half_closes_ = true;
  pump();
}

pollfd TestClient::wants() const {
  auto const in = reads && !closed_ ? POLLIN : 0;
  auto const out = out_.empty() && !half_closes_ ? 0 : POLLOUT;
  return {.fd = end_ && (in | out) != 0 ? end_.get() : -1, .events = static_cast<short>(in | out), .revents = 0};
}

void TestClient::pump() {
  if (!end_) return;
  if (!out_.empty()) {
    auto const sent = ::send(end_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) out_.clear();
  }
  if (half_closes_ && out_.empty()) {
    half_closes_ = false;
    ::shutdown(end_.get(), SHUT_WR);
  }
  if (!reads || closed_) return;
  std::array<char, 64 * 1024> part;
  while (true) {
    auto const got = ::recv(end_.get(), part.data(), part.size(), 0);
    if (got > 0) {
      in_.append(part.data(), static_cast<std::size_t>(got));
      continue;
    }
    closed_ = got == 0 || errno != EAGAIN;
    break;
  }
  parse();
}

void TestClient::parse() {
  while (!in_.empty() && garbage_.empty()) {
    auto const fresh = answers.empty() || answers.back().complete;
    if (!(fresh ? parse_head() : parse_body())) return;
  }
}

bool TestClient::parse_head() {
  auto const end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  auto head = in_.substr(0, end + 2);
  in_.erase(0, end + 4);
  if (head.starts_with("HTTP/1.1 100 ")) return true;
  HeardAnswer answer;
  if (!head.starts_with("HTTP/1.1 ") ||
      std::from_chars(head.data() + 9, head.data() + 12, answer.status).ec != std::errc{}) {
    garbage_ = head;
    return false;
  }
  answer.head = std::move(head);
  answer.is_stream = answer.field("Content-Type") == "text/event-stream";
  chunked_ = answer.field("Transfer-Encoding") == "chunked";
  body_left_ = 0;
  auto const length = answer.field("Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), body_left_);
  answer.complete = !chunked_ && !answer.is_stream && body_left_ == 0;
  answers.push_back(std::move(answer));
  return true;
}

/// One chunk, or what there is of a body.
bool TestClient::parse_body() {
  auto& answer = answers.back();
  if (!chunked_) {
    auto const part = answer.is_stream ? in_.size() : std::min(body_left_, in_.size());
    answer.body.append(in_, 0, part);
    in_.erase(0, part);
    body_left_ -= answer.is_stream ? 0 : part;
    answer.complete = !answer.is_stream && body_left_ == 0;
    cut_events(answer);
    return true;
  }
  auto const line = in_.find("\r\n");
  if (line == std::string::npos) return false;
  std::size_t size = 0;
  if (std::from_chars(in_.data(), in_.data() + line, size, 16).ec != std::errc{}) {
    garbage_ = in_;
    return false;
  }
  if (in_.size() < line + 2 + size + 2) return false;
  answer.body.append(in_, line + 2, size);
  in_.erase(0, line + 2 + size + 2);
  answer.complete = size == 0;
  cut_events(answer);
  return true;
}

void TestClient::cut_events(HeardAnswer& answer) {
  if (!answer.is_stream) return;
  for (auto end = answer.body.find("\n\n"); end != std::string::npos; end = answer.body.find("\n\n")) {
    HeardEvent event;
    auto has_data = false;
    std::string_view block(answer.body.data(), end + 1);
    while (!block.empty()) {
      auto const line = block.substr(0, block.find('\n'));
      block.remove_prefix(line.size() + 1);
      auto const value = [&](std::string_view name) { return line.substr(name.size() + 2); };
      if (line.starts_with("event: ")) event.event = value("event");
      if (line.starts_with("id: ")) event.id = value("id");
      if (line.starts_with("data: ")) event.data += value("data");
      has_data |= line.starts_with("data: ");
    }
    if (has_data || !event.id.empty()) answer.events.push_back(std::move(event));
    answer.body.erase(0, end + 2);
  }
}

}  // namespace gateway::harness
