// What a Stream does otherwise where it has a TLS session.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "gateway/io/stream.h"

namespace gateway::io {

namespace {

/// Sealed ahead of the socket: more would be copied for a peer that may not take it, and is too much for the CPU's cache.
constexpr std::size_t kSealedAtOnce = 64 * 1024;

/// A peer that has as much as this to take, and sends still more that is answered by TLS itself, means no good.
constexpr std::size_t kMostUnsent = 4 * kSealedAtOnce;

}  // namespace

void Stream::read_sealed() {
  using State = TlsSession::State;
  if (tls_->unsent().size() > kMostUnsent) return fail();
  auto* const sealed = loop_.scratch() + TlsSession::kLead;
  auto const got = ::recv(fd_.get(), sealed, EventLoop::kScratchBytes - TlsSession::kLead, 0);
  if (got <= 0) return received_nothing(got);
  auto const before = tls_->state();
  if (before == State::Failed) return;  // it is being closed
  auto const bytes = tls_->unseal({sealed, static_cast<std::size_t>(got)}, loop_.scratch());
  auto const state = tls_->state();
  if (before == State::Handshake) {
    if (!send_sealed()) return;
    if (state != before) handler_.on_handshake();
    if (state == State::Failed) return;
  } else if (!tls_->unsent().empty()) {
    touched();
  }
  if (state == State::Failed) return fail();
  // What it asked last is still answered, as far as that can be done within the turn.
  if (state == State::PeerEnded) end_with_turn();
  if (!bytes.empty()) handler_.on_bytes(bytes);
}

void Stream::end_with_turn() {
  read_watch_.stop();
  peer_ended_ = true;
  touched();
}

void Stream::flush_sealed() {
  if (std::exchange(failed_early_, false)) return fail();
  auto const sent_early = std::exchange(sent_early_, false);
  auto const waits = write_watch_ && write_watch_->active();
  if (queued() > 0 && !waits) {
    if (!send_sealed()) return;
  } else if (sent_early) {
    handler_.on_sent();
  }
  if (std::exchange(peer_ended_, false)) handler_.on_end(End::Eof);
}

/// False when the connection is broken, which the handler has been told then.
bool Stream::send_sealed() {
  if (queued() == 0) return true;
  if (!push_sealed()) {
    fail();
    return false;
  }
  wait_while_queued();
  handler_.on_sent();
  return true;
}

void Stream::send_early_sealed(std::span<std::string_view const> pieces) {
  for (auto const piece : pieces) out_.append(piece);
  touched();
  if (!push_sealed()) {
    failed_early_ = true;
    return;
  }
  sent_early_ = true;
  wait_while_queued();
}

/// Sends what is sealed, and seals more, as long as the socket takes all of it. False when the connection is broken.
bool Stream::push_sealed() {
  while (true) {
    if (tls_->unsent().empty()) {
      if (out_.empty() || !tls_->can_send()) return true;
      auto const plain = out_.view().substr(0, kSealedAtOnce);
      if (!tls_->seal(plain)) return false;
      out_.consume(plain.size());
    }
    auto const sealed = tls_->unsent();
    auto const sent = ::send(fd_.get(), sealed.data(), sealed.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    tls_->sent(static_cast<std::size_t>(sent));
    if (!tls_->unsent().empty()) return true;
  }
}

/// Tells the peer that nothing was cut off. Not waited for: there is room where all before it was taken.
void Stream::say_goodbye() {
  if (queued() > 0) return;
  tls_->close();
  if (fd_) (void)push_sealed();
}

}  // namespace gateway::io
