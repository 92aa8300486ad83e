#include "gateway/io/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

namespace gateway::io {

void FreeTls::operator()(ssl_st* ssl) const { SSL_free(ssl); }

/// What OpenSSL takes for a socket: it reads what was received and not used yet, and writes to the queue, which takes all.
struct TlsSession::Pipe {
  struct FreeMethod {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };

  static TlsSession& of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    auto& received = of(bio).received_;
    BIO_clear_retry_flags(bio);
    if (received.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    auto const count = std::min(received.size(), static_cast<std::size_t>(size));
    std::memcpy(into, received.data(), count);
    received.remove_prefix(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, char const* bytes, int size) {
    of(bio).unsent_.append({bytes, static_cast<std::size_t>(size)});
    return size;
  }

  static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  /// The functions above, in OpenSSL's form: a constant.
  static BIO_METHOD const* method() {
    static std::unique_ptr<BIO_METHOD, FreeMethod> const made = [] {
      std::unique_ptr<BIO_METHOD, FreeMethod> pipe(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes"));
      BIO_meth_set_read(pipe.get(), read);
      BIO_meth_set_write(pipe.get(), write);
      BIO_meth_set_ctrl(pipe.get(), control);
      return pipe;
    }();
    return made.get();
  }
};

namespace {

/// The first byte of a record that belongs to a handshake.
constexpr char kHandshakeRecord = 0x16;

/// Methods of HTTP begin so, and nothing in TLS does.
bool begins_like_http(char first) { return first >= 'A' && first <= 'Z'; }

}  // namespace

TlsSession::TlsSession(ssl_ctx_st* context, CertifiedName name) : TlsSession(context, Side::Server, name) {
  if (ssl_) SSL_set_accept_state(ssl_.get());
}

TlsSession::TlsSession(ssl_ctx_st* context, std::string const& host)
    : TlsSession(context, Side::Client, CertifiedName::CommonName) {
  if (!ssl_) return;
  SSL_set_connect_state(ssl_.get());
  auto* const expected = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  SSL_set1_host(ssl_.get(), host.c_str());
  SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
}

TlsSession::TlsSession(ssl_ctx_st* context, Side side, CertifiedName name)
    : ssl_(SSL_new(context)), side_(side), name_(name) {
  auto* const pipe = BIO_new(Pipe::method());
  if (!ssl_ || pipe == nullptr) {
    BIO_free(pipe);
    fail(Failure::Protocol);
    return;
  }
  BIO_set_data(pipe, this);
  BIO_set_init(pipe, 1);
  SSL_set_bio(ssl_.get(), pipe, pipe);  // one reference for both
}

/// Of all that is received: what is not TLS at all is told from what fails in it.
void TlsSession::look_at_first(char first) {
  begun_ = true;
  if (begins_like_http(first)) {
    fail(Failure::PlainHttp);
  } else if (first != kHandshakeRecord && side_ == Side::Server) {
    fail(Failure::NotTls);
  }
}

std::string_view TlsSession::unseal(std::string_view sealed, char* into) {
  if (!begun_ && !sealed.empty()) look_at_first(sealed.front());
  received_ = sealed;
  std::size_t size = 0;
  while (state_ == State::Handshake || state_ == State::Open) {
    // A record at most is written: what is behind it in the buffer may not have been read yet.
    auto const got = [&] {
      ERR_clear_error();
      return SSL_read(ssl_.get(), into + size, SSL3_RT_MAX_PLAIN_LENGTH);
    }();
    if (state_ == State::Handshake && SSL_is_init_finished(ssl_.get()) == 1) opened();
    if (got > 0) {
      size += static_cast<std::size_t>(got);
      continue;
    }
    auto const why = SSL_get_error(ssl_.get(), got);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      state_ = State::PeerEnded;
      break;
    }
    fail(last_failure());
  }
  received_ = {};
  return {into, size};
}

bool TlsSession::seal(std::string_view plain) {
  if (!can_send()) return false;
  if (plain.empty()) return true;
  ERR_clear_error();
  std::size_t taken = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken) == 1 && taken == plain.size()) return true;
  fail(Failure::Protocol);
  return false;
}

void TlsSession::close() {
  if (!can_send()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

void TlsSession::opened() {
  state_ = State::Open;
  if (side_ == Side::Client) return;
  auto* const shown = SSL_get0_peer_certificate(ssl_.get());
  if (shown == nullptr) return;
  certificate_ = ClientCertificate{.name = name_in(shown, name_), .expires = unix_time(X509_get0_notAfter(shown))};
}

/// Of the call that just failed.
TlsSession::Failure TlsSession::last_failure() {
  auto const code = ERR_peek_last_error();  // those before it are of what it called
  auto const* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  trouble_ = text == nullptr ? std::string_view{} : text;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return Failure::Protocol;
  if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return Failure::NoCertificate;
  if (ERR_GET_REASON(code) != SSL_R_CERTIFICATE_VERIFY_FAILED) return Failure::Protocol;
  trouble_ = X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
  return Failure::BadCertificate;
}

void TlsSession::fail(Failure failure) {
  state_ = State::Failed;
  failure_ = failure;
}

std::string_view TlsSession::version() const { return SSL_version(ssl_.get()) == TLS1_3_VERSION ? "1.3" : "1.2"; }

bool TlsSession::is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

}  // namespace gateway::io
