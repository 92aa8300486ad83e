#include "gateway/io/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "gateway/io/socket_address.h"

namespace gateway::io {

namespace {

/// What `send_early` takes in one call; more pieces are queued.
constexpr std::size_t kMaxPieces = 32;

}  // namespace

Stream::Stream(EventLoop& loop, UniqueFd fd, Handler& handler, std::unique_ptr<TlsSession> tls)
    : loop_(loop),
      handler_(handler),
      fd_(std::move(fd)),
      tls_(std::move(tls)),
      read_watch_(loop, fd_.get(), Watch::For::Read, *this) {
  read_watch_.start();
  if (tls_ && tls_->state() == TlsSession::State::PeerEnded) end_with_turn();
}

Stream::~Stream() {
  loop_.forget(*this);
  if (tls_) say_goodbye();
}

void Stream::resume_reading() { read_watch_.start(); }

void Stream::shutdown_write() {
  if (tls_) say_goodbye();
  ::shutdown(fd_.get(), SHUT_WR);
}

Stream::Released Stream::release() {
  // Out of this loop's epoll first: the next loop's would share its readiness.
  read_watch_.stop();
  if (write_watch_) write_watch_->stop();
  peer_ended_ = false;
  return {std::move(fd_), std::move(tls_)};
}

void Stream::on_ready(Watch::For what) {
  if (what == Watch::For::Read) {
    read_once();
  } else {
    send_queued();
  }
}

void Stream::read_once() {
  if (tls_) return read_sealed();
  // One read a readiness: what is left makes the descriptor ready again, and a
  // peer that sends without pause does not keep the others waiting.
  auto const got = ::recv(fd_.get(), loop_.scratch(), EventLoop::kScratchBytes, 0);
  if (got > 0) return handler_.on_bytes({loop_.scratch(), static_cast<std::size_t>(got)});
  received_nothing(got);
}

/// After a `recv` that gave nothing.
void Stream::received_nothing(ssize_t result) {
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return;
  read_watch_.stop();
  handler_.on_end(result == 0 ? End::Eof : End::Reset);
}

void Stream::flush() {
  if (tls_) return flush_sealed();
  if (std::exchange(failed_early_, false)) return fail();
  auto const sent_early = std::exchange(sent_early_, false);
  // A peer whose window is full is waited for, not asked again each turn.
  auto const waits = write_watch_ && write_watch_->active();
  if (!out_.empty() && !waits) return send_queued();
  if (sent_early) handler_.on_sent();
}

void Stream::send_early(std::span<std::string_view const> pieces) {
  if (tls_) return send_early_sealed(pieces);
  std::array<iovec, kMaxPieces> parts;
  auto const count = std::min(pieces.size(), parts.size());
  for (std::size_t i = 0; i < count; ++i) parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  auto const result = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  touched();
  if (result < 0 && errno != EAGAIN && errno != EINTR) {
    failed_early_ = true;
    return;
  }
  sent_early_ = true;
  auto sent = static_cast<std::size_t>(std::max<ssize_t>(result, 0));
  for (auto const piece : pieces) {
    auto const used = std::min(sent, piece.size());
    out_.append(piece.substr(used));
    sent -= used;
  }
  if (!out_.empty()) wait_until_writable();
}

void Stream::send_queued() {
  if (tls_) return void(send_sealed());
  if (out_.empty()) return;
  auto const bytes = out_.view();
  auto const sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return fail();
  if (sent > 0) out_.consume(static_cast<std::size_t>(sent));
  wait_while_queued();
  handler_.on_sent();
}

void Stream::wait_while_queued() {
  if (queued() > 0) {
    wait_until_writable();
  } else if (write_watch_) {
    write_watch_->stop();
  }
}

void Stream::wait_until_writable() {
  if (!write_watch_) write_watch_.emplace(loop_, fd_.get(), Watch::For::Write, static_cast<Watch::Listener&>(*this));
  write_watch_->start();
}

void Stream::fail() {
  out_.reset();
  if (write_watch_) write_watch_->stop();
  read_watch_.stop();
  handler_.on_end(End::Reset);
}

std::string Stream::remote() const { return peer_text(fd_.get()); }

std::optional<IpAddress> Stream::address() const { return address_of(fd_.get(), ::getpeername); }

}  // namespace gateway::io
