// A client of TLS under test's full control: what it says and hears are bytes, and it has no socket.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/fakes/tls_certificates.h"

namespace gateway::fakes {

struct TlsClientOptions {
  std::string authority{};  ///< PEM of whom it trusts; empty: anybody
  Issued shows{};           ///< its own certificate, if any
  int newest = TLS1_3_VERSION;
  std::string alpn{};              ///< as sent: lengths and names
  SSL_SESSION* session = nullptr;  ///< to be resumed
};

/// `hear` what the server sent; `say` what is to be sent; `to_send` is what goes to the server.
class TlsClient {
 public:
  explicit TlsClient(TlsClientOptions const& options = {}) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), options.newest);
    if (!options.authority.empty()) trust(options.authority);
    if (!options.shows.certificate.empty()) show(options.shows);
    if (!options.alpn.empty())
      SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<unsigned char const*>(options.alpn.data()),
                              static_cast<unsigned>(options.alpn.size()));
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    advance();
  }

  /// Bytes of the server.
  void hear(std::string_view sealed) {
    BIO_write(SSL_get_rbio(ssl_.get()), sealed.data(), static_cast<int>(sealed.size()));
    advance();
  }
  void say(std::string_view plain) {
    ASSERT_TRUE(is_open());
    for (int sent = 0; !plain.empty(); plain.remove_prefix(static_cast<std::size_t>(sent))) {
      sent = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
      ASSERT_GT(sent, 0);
    }
  }
  /// Says that it sends no more.
  void end() { SSL_shutdown(ssl_.get()); }
  void update_keys() { SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED), SSL_do_handshake(ssl_.get()); }

  /// What goes to the server, which is taken out of here.
  [[nodiscard]] std::string to_send() {
    char* bytes = nullptr;
    auto* const out = SSL_get_wbio(ssl_.get());
    auto const size = BIO_get_mem_data(out, &bytes);
    std::string taken(bytes, static_cast<std::size_t>(size));
    (void)BIO_reset(out);
    return taken;
  }

  [[nodiscard]] bool is_open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  [[nodiscard]] std::string const& heard() const { return heard_; }
  /// The server has said that it sends no more.
  [[nodiscard]] bool has_ended() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  /// What went wrong, as OpenSSL calls it; empty so far.
  [[nodiscard]] std::string const& trouble() const { return trouble_; }
  [[nodiscard]] std::string alpn() const {
    unsigned char const* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<char const*>(name), size};
  }
  [[nodiscard]] bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  /// To be freed by the caller.
  [[nodiscard]] SSL_SESSION* session() { return SSL_get1_session(ssl_.get()); }
  [[nodiscard]] std::string server_certificate_name() const {
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())), NID_commonName, name,
                              sizeof name);
    return name;
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };

  static std::unique_ptr<X509, Free> read(std::string const& pem) {
    std::unique_ptr<BIO, Free> const in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return std::unique_ptr<X509, Free>(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  }
  void trust(std::string const& authority) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), read(authority).get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  void show(Issued const& mine) {
    std::unique_ptr<BIO, Free> const in(BIO_new_mem_buf(mine.key.data(), static_cast<int>(mine.key.size())));
    std::unique_ptr<EVP_PKEY, Free> const key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), read(mine.certificate).get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
  }
  void advance() {
    char bytes[16 * 1024];
    ERR_clear_error();
    for (int got = 1; got > 0;) {
      got = SSL_read(ssl_.get(), bytes, sizeof bytes);
      if (got > 0)
        heard_.append(bytes, static_cast<std::size_t>(got));
      else if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_SSL) {
        auto const* const reason = ERR_reason_error_string(ERR_peek_error());
        trouble_ = reason == nullptr ? "unknown" : reason;
      }
    }
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string heard_;
  std::string trouble_;
};

}  // namespace gateway::fakes
