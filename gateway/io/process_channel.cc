#include "gateway/io/process_channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace gateway::io {

namespace {

/// Room for the descriptors of a message.
struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(int) * ProcessChannel::kMostDescriptors)> bytes{};
};

/// False where the receiver has no room now. A message that cannot be sent at all counts as sent: the other end is gone,
/// which reading from it tells.
bool try_send(int socket, ProcessChannel::Message const& message) {
  iovec text{const_cast<char*>(message.text.data()), message.text.size()};
  msghdr header{};
  header.msg_iov = &text;
  header.msg_iovlen = 1;
  Control control;
  if (auto const count = message.descriptors.size(); count > 0) {
    header.msg_control = control.bytes.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    auto* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
    for (std::size_t i = 0; i < count; ++i) {
      auto const fd = message.descriptors[i].get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  auto const sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent >= 0 || (errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ETOOMANYREFS);
}

enum class Received { Message, Nothing, End };

Received try_receive(int socket, ProcessChannel::Message& message) {
  message.text.resize(ProcessChannel::kMostText);
  iovec text{message.text.data(), message.text.size()};
  msghdr header{};
  header.msg_iov = &text;
  header.msg_iovlen = 1;
  Control control;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  auto const got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  // A process that dies with messages unread resets the channel, once. What it sent before is still there.
  auto const may_follow = errno == EAGAIN || errno == EINTR || errno == ECONNRESET;
  if (got < 0) return may_follow ? Received::Nothing : Received::End;
  if (got == 0) return Received::End;
  message.text.resize(static_cast<std::size_t>(got));
  for (auto* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    auto const count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      message.descriptors.emplace_back(fd);
    }
  }
  return Received::Message;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> ProcessChannel::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return Error{fmt::format("no socket pair: {}", std::strerror(errno))};
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

ProcessChannel::ProcessChannel(EventLoop& loop, UniqueFd socket, Handler& handler)
    : socket_(std::move(socket)),
      handler_(handler),
      read_watch_(loop, socket_.get(), Watch::For::Read, *this),
      write_watch_(loop, socket_.get(), Watch::For::Write, *this) {
  read_watch_.start();
}

void ProcessChannel::send(Message message) {
  if (closed_) return;
  if (waiting_.empty() && try_send(socket_.get(), message)) return;
  waiting_.push_back(std::move(message));
  write_watch_.start();
}

void ProcessChannel::send_waiting() {
  while (!waiting_.empty() && try_send(socket_.get(), waiting_.front())) waiting_.pop_front();
  if (waiting_.empty()) write_watch_.stop();
}

void ProcessChannel::on_ready(Watch::For what) {
  if (what == Watch::For::Write) return send_waiting();
  Message message{.text = {}};
  switch (try_receive(socket_.get(), message)) {
    case Received::Message: return handler_.on_message(std::move(message));
    case Received::End: return close();
    case Received::Nothing: return;
  }
}

void ProcessChannel::finish() {
  // A reset is told once, before what was sent.
  for (int silent = 0; silent < 2 && !closed_;) {
    Message message{.text = {}};
    auto const received = try_receive(socket_.get(), message);
    if (received == Received::End) return close();
    if (received == Received::Nothing) ++silent;
    if (received == Received::Message) handler_.on_message(std::move(message));
  }
  if (!closed_) close();
}

void ProcessChannel::close() {
  closed_ = true;
  waiting_.clear();
  read_watch_.stop();
  write_watch_.stop();
  handler_.on_closed();
}

std::optional<ProcessChannel::Message> ProcessChannel::receive(int socket, Duration patience) {
  pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
  auto const limit = static_cast<int>(to_ms(patience));
  while (::poll(&readable, 1, limit) > 0) {
    Message message{.text = {}};
    auto const received = try_receive(socket, message);
    if (received == Received::Message) return message;
    if (received == Received::End) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace gateway::io
