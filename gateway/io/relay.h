// Passes bytes between two connections, of which one may have TLS.
#pragma once

#include <memory>

#include "gateway/base/turn.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/stream.h"
#include "gateway/io/tls_session.h"
#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// What one end sends, the other is sent, until either has ended and all it sent has been passed on. An end that takes
/// nothing stops the other.
class Relay final : public Mortal {
 public:
  class Owner {
   public:
    /// Nothing more passes: to be buried.
    virtual void on_relay_over(Relay& relay) = 0;

   protected:
    ~Owner() = default;
  };

  /// `tls` is that of `client`.
  Relay(EventLoop& loop, UniqueFd client, std::unique_ptr<TlsSession> tls, UniqueFd server, Owner& owner);

 private:
  /// What may wait for an end.
  static constexpr std::size_t kMostWaiting = 256 * 1024;

  class Side final : private Stream::Handler {
   public:
    Side(Relay& relay, EventLoop& loop, UniqueFd fd, std::unique_ptr<TlsSession> tls)
        : relay_(relay), stream_(loop, std::move(fd), *this, std::move(tls)) {}

    void set_other(Side& other) { other_ = &other; }
    [[nodiscard]] bool is_done() const { return ended_ && other_->stream_.queued() == 0; }

   private:
    void on_bytes(std::string_view bytes) override;
    void on_end(Stream::End) override;
    void on_sent() override;

    Relay& relay_;
    Side* other_ = nullptr;
    bool ended_ = false;
    Stream stream_;
  };

  void look();

  Owner& owner_;
  bool over_ = false;
  Side client_;
  Side server_;
};

}  // namespace gateway::io
