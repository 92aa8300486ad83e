// TLS of one connection, as bytes in and bytes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/base/client_certificate.h"
#include "gateway/io/certified_name.h"

struct ssl_st;
struct ssl_ctx_st;

namespace gateway::io {

struct FreeTls {
  void operator()(ssl_st* ssl) const;
};

/// Turns what a peer sends into plain bytes, and plain bytes into what it is sent. It has no socket: whoever has one
/// moves the bytes, so that nothing waits in here that a poll would not tell of, and a connection can go to another
/// loop between any two calls. Owned by the connection's Stream, or by the connection on its way.
class TlsSession {
 public:
  enum class State : std::uint8_t {
    Handshake,
    Open,
    PeerEnded,  ///< the peer has said that it sends no more; it may still be sent something
    Failed,     ///< nothing can be read or written any more; `unsent` may have an alert
  };
  /// Why it failed.
  enum class Failure : std::uint8_t {
    None,
    PlainHttp,       ///< the peer speaks HTTP without TLS
    NotTls,          ///< the first byte is none of a handshake
    NoCertificate,   ///< the peer should have shown one
    BadCertificate,  ///< it showed one that is not accepted
    Protocol,        ///< no version or cipher in common, a damaged record, or an alert
  };

  /// The server's side, with the settings of `context`. `name` is where in the peer's certificate its name is.
  TlsSession(ssl_ctx_st* context, CertifiedName name);
  /// The client's side, which checks that the server is `host`, a name or an address, if it checks certificates at all.
  /// Its first words are unsealed out of nothing: `unseal({}, into)`.
  TlsSession(ssl_ctx_st* context, std::string const& host);
  TlsSession(TlsSession const&) = delete;
  TlsSession& operator=(TlsSession const&) = delete;

  /// So far in front of the sealed bytes may `into` begin in the same buffer: more than a record, of which a part
  /// may be in here already.
  static constexpr std::size_t kLead = 20 * 1024;
  /// Takes all of `sealed`. The plain bytes are written to `into`, which has room for `kLead` more bytes than `sealed`
  /// has. Afterwards look at `state` and `unsent`.
  [[nodiscard]] std::string_view unseal(std::string_view sealed, char* into);
  /// Appends `plain` to `unsent`, sealed. Only while it is open or its peer has ended; false when it has failed.
  [[nodiscard]] bool seal(std::string_view plain);
  /// Appends the notice that no more will be sent.
  void close();

  /// What the peer is to be sent.
  [[nodiscard]] std::string_view unsent() const { return unsent_.view(); }
  void sent(std::size_t count) { unsent_.consume(count); }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Failure failure() const { return failure_; }
  /// More of the reason, for a log; often empty.
  [[nodiscard]] std::string_view trouble() const { return trouble_; }
  /// Of a peer that has shown one; null for others.
  [[nodiscard]] ClientCertificate const* certificate() const { return certificate_ ? &*certificate_ : nullptr; }
  [[nodiscard]] bool can_send() const { return state_ == State::Open || state_ == State::PeerEnded; }
  /// `1.2` or `1.3`, once it is open.
  [[nodiscard]] std::string_view version() const;
  /// Whether it goes on with the keys of an earlier one.
  [[nodiscard]] bool is_resumed() const;

 private:
  struct Pipe;
  enum class Side : std::uint8_t { Server, Client };
  TlsSession(ssl_ctx_st* context, Side side, CertifiedName name);
  void look_at_first(char first);
  void opened();
  void fail(Failure failure);
  [[nodiscard]] Failure last_failure();

  std::string_view received_;  ///< of unseal's, while that runs
  ByteQueue unsent_{0};        ///< gives its memory back when it is empty
  std::unique_ptr<ssl_st, FreeTls> ssl_;
  Side side_;
  CertifiedName name_;
  std::optional<ClientCertificate> certificate_;
  std::string_view trouble_;  ///< a constant of OpenSSL's
  State state_ = State::Handshake;
  Failure failure_ = Failure::None;
  bool begun_ = false;
};

}  // namespace gateway::io
