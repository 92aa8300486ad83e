#include "gateway/io/tls_trust.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace gateway::io {

namespace {

Error unusable(std::string_view what, std::string const& file) {
  auto const* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return Error{fmt::format("the {} in {} cannot be used ({})", what, file, reason == nullptr ? "unknown" : reason)};
}

}  // namespace

Result<TlsContext> client_context(TlsTrust const& trust) {
  ERR_clear_error();
  TlsContext made(SSL_CTX_new(TLS_client_method()));
  auto* const context = made.get();
  if (context == nullptr) return Error{"TLS cannot be used here"};
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (trust.check == TlsTrust::Check::ServerAndName) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context);
  if (!trust.ca_file.empty() && SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) != 1)
    return unusable("authority", trust.ca_file);
  if (trust.certificate.empty()) return made;
  auto const& key = trust.key.empty() ? trust.certificate : trust.key;
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context, trust.certificate.c_str()) != 1)
    return unusable("certificate", trust.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) return unusable("key", key);
  return made;
}

}  // namespace gateway::io
