#include "gateway/io/relay.h"

#include <utility>

namespace gateway::io {

Relay::Relay(EventLoop& loop, UniqueFd client, std::unique_ptr<TlsSession> tls, UniqueFd server, Owner& owner)
    : owner_(owner),
      client_(*this, loop, std::move(client), std::move(tls)),
      server_(*this, loop, std::move(server), nullptr) {
  client_.set_other(server_);
  server_.set_other(client_);
}

void Relay::Side::on_bytes(std::string_view bytes) {
  auto& to = other_->stream_;
  to.out().append(bytes);
  to.touched();
  if (to.queued() > kMostWaiting) stream_.pause_reading();
}

void Relay::Side::on_sent() {
  if (stream_.queued() == 0 && !other_->ended_) other_->stream_.resume_reading();
  relay_.look();
}

/// The rest of what it sent goes first.
void Relay::Side::on_end(Stream::End end) {
  ended_ = true;
  if (end == Stream::End::Reset) stream_.out().reset();  // it takes nothing more
  relay_.look();
}

void Relay::look() {
  if (over_ || !(client_.is_done() || server_.is_done())) return;
  over_ = true;
  owner_.on_relay_over(*this);
}

}  // namespace gateway::io
