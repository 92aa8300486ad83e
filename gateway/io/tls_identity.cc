#include "gateway/io/tls_identity.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gateway::io {

void FreeTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

/// With forward secrecy and authenticated encryption only; those of TLS 1.3 all are so.
constexpr auto const* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// The protocol that is offered, as ALPN writes it: a length and a name.
constexpr std::string_view kAlpn = "\x08http/1.1";
/// Sessions are resumed by the listeners of this program only.
constexpr std::string_view kSessionContext = "mcp-gateway";

/// What OpenSSL says of the last failure.
std::string openssl_reason() {
  auto const code = ERR_peek_last_error();
  auto const* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown" : text;
}

std::unique_ptr<BIO, Free> reader(std::string_view text) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Never asks at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

std::variant<std::vector<Certificate>, TlsFault> read_certificates(std::string_view pem, TlsFault::In in_file) {
  std::vector<Certificate> chain;
  auto const in = reader(pem);
  while (auto* const next = PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr)) chain.emplace_back(next);
  auto const code = ERR_peek_last_error();
  auto const is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (!is_end)
    return TlsFault{in_file, fmt::format("its certificate {} cannot be read ({})", chain.size() + 1, openssl_reason())};
  if (chain.empty()) return TlsFault{in_file, "expected certificates in PEM, found none"};
  return chain;
}

std::variant<Key, TlsFault> read_key(std::string_view pem) {
  using In = TlsFault::In;
  Key key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (key) return key;
  if (pem.find("ENCRYPTED") != pem.npos)
    return TlsFault{In::Key, "expected a key without a passphrase, found one with"};
  if (pem.find("PRIVATE KEY") == pem.npos) return TlsFault{In::Key, "expected a private key in PEM, found none"};
  return TlsFault{In::Key, fmt::format("its private key cannot be read ({})", openssl_reason())};
}

/// A client that offers other protocols only, such as HTTP/2 alone, is told that there is none in common.
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                    unsigned int offered_size, void*) {
  auto const* const ours = reinterpret_cast<unsigned char const*>(kAlpn.data());
  unsigned char* found = nullptr;
  auto const selected = SSL_select_next_proto(&found, size, ours, kAlpn.size(), offered, offered_size);
  *chosen = found;
  return selected == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// No file decides over these.
TlsContext make_context(TlsMinimum minimum) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return context;
  auto* const ssl = context.get();
  SSL_CTX_set_min_proto_version(ssl, minimum == TlsMinimum::V13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(ssl, kTls12Ciphers);
  SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, nullptr);
  // Tickets carry what a session needs, under keys of the context, which all loops share: nothing is kept here. A new
  // certificate is a new context with new keys, so that an old ticket leads to a whole handshake.
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(ssl, reinterpret_cast<unsigned char const*>(kSessionContext.data()),
                                 kSessionContext.size());
  // An idle connection, such as an open event stream, holds no buffers.
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  return context;
}

std::optional<TlsFault> use(SSL_CTX* context, std::vector<Certificate> const& chain, EVP_PKEY* key) {
  using In = TlsFault::In;
  if (X509_check_private_key(chain.front().get(), key) != 1) {
    auto const other = std::ranges::any_of(
        chain, [&](Certificate const& each) { return X509_check_private_key(each.get(), key) == 1; });
    if (other) return TlsFault{In::Certificate, "expected the server's own certificate first, found another before it"};
    return TlsFault{In::Key, "the key is not that of the certificate"};
  }
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return TlsFault{In::Certificate, fmt::format("the certificate cannot be used ({})", openssl_reason())};
  if (SSL_CTX_use_PrivateKey(context, key) != 1)
    return TlsFault{In::Key, fmt::format("the key cannot be used ({})", openssl_reason())};
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return TlsFault{In::Certificate,
                      fmt::format("an intermediate certificate cannot be used ({})", openssl_reason())};
  return std::nullopt;
}

/// Revocation lists, if there are any, are then needed of every authority.
std::optional<TlsFault> add_revocations(X509_STORE* store, std::string_view pem) {
  auto const in = reader(pem);
  ERR_clear_error();
  while (auto* const next = PEM_read_bio_X509_CRL(in.get(), nullptr, no_passphrase, nullptr)) {
    X509_STORE_add_crl(store, next);
    X509_CRL_free(next);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return std::nullopt;
  return TlsFault{TlsFault::In::ClientCa,
                  fmt::format("one of its revocation lists cannot be read ({})", openssl_reason())};
}

/// Whatever stands in the file is trusted, an intermediate authority as well as a root.
std::optional<TlsFault> ask_clients(SSL_CTX* context, std::string_view pem, TlsClients clients) {
  if (clients == TlsClients::Anonymous) return std::nullopt;
  ERR_clear_error();
  auto const read = read_certificates(pem, TlsFault::In::ClientCa);
  if (auto const* const fault = std::get_if<TlsFault>(&read)) return *fault;
  auto* const store = SSL_CTX_get_cert_store(context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (auto const& authority : std::get<0>(read)) {
    X509_STORE_add_cert(store, authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  auto const must = clients == TlsClients::MustCertify ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
  return add_revocations(store, pem);
}

}  // namespace

std::variant<TlsIdentity, TlsFault> TlsIdentity::make(TlsFiles const& files, TlsRules const& rules) {
  ERR_clear_error();
  auto const chain = read_certificates(files.chain, TlsFault::In::Certificate);
  if (auto const* const fault = std::get_if<TlsFault>(&chain)) return *fault;
  ERR_clear_error();
  auto const key = read_key(files.key);
  if (auto const* const fault = std::get_if<TlsFault>(&key)) return *fault;
  auto const& certificates = std::get<0>(chain);
  ERR_clear_error();
  auto context = make_context(rules.minimum);
  if (!context)
    return TlsFault{TlsFault::In::Certificate, fmt::format("TLS cannot be used here ({})", openssl_reason())};
  if (auto const fault = use(context.get(), certificates, std::get<0>(key).get())) return *fault;
  if (auto const fault = ask_clients(context.get(), files.client_ca, rules.clients)) return *fault;
  auto expires = UnixTime::max();
  for (auto const& each : certificates) expires = std::min(expires, unix_time(X509_get0_notAfter(each.get())));
  return TlsIdentity(std::move(context), rules.name, unix_time(X509_get0_notBefore(certificates.front().get())),
                     expires);
}

}  // namespace gateway::io
