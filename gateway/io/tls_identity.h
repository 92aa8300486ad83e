// What a listener with TLS shows its clients, made from its files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/base/principal.h"
#include "gateway/base/result.h"
#include "gateway/io/certified_name.h"

struct ssl_ctx_st;

namespace gateway::io {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

/// The contents of a listener's files. Views: for the length of the call.
struct TlsFiles {
  std::string_view chain{};  ///< PEM: the server's certificate, then those between it and its authority
  std::string_view key{};    ///< PEM: its private key
  /// PEM: the authorities of clients' certificates, and perhaps their revocation lists; unused if clients show none.
  std::string_view client_ca{};
};

enum class TlsMinimum { V12, V13 };
enum class TlsClients {
  Anonymous,   ///< they are asked for no certificate
  MayCertify,  ///< one that they show must be good
  MustCertify,
};

struct TlsRules {
  TlsMinimum minimum = TlsMinimum::V12;
  TlsClients clients = TlsClients::Anonymous;
  CertifiedName name = CertifiedName::CommonName;
};

/// Which file is at fault, and why, as the rest of a sentence about it.
struct TlsFault {
  enum class In { Certificate, Key, ClientCa } in{};
  std::string why;
};

/// A certificate with its key, and the rules of connections that are opened with it. A value that is replaced as a whole
/// when the files change; connections that are open keep theirs.
class TlsIdentity {
 public:
  [[nodiscard]] static std::variant<TlsIdentity, TlsFault> make(TlsFiles const& files, TlsRules const& rules);

  /// When the first certificate of the chain becomes valid, and when the first of all of them ends to be.
  [[nodiscard]] UnixTime begins() const { return begins_; }
  [[nodiscard]] UnixTime expires() const { return expires_; }
  /// For new connections; they share its ticket keys, on whatever loop they are.
  [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }
  /// How clients are named by their certificates.
  [[nodiscard]] CertifiedName name() const { return name_; }

 private:
  TlsIdentity(TlsContext context, CertifiedName name, UnixTime begins, UnixTime expires)
      : context_(std::move(context)), name_(name), begins_(begins), expires_(expires) {}

  TlsContext context_;
  CertifiedName name_;
  UnixTime begins_;
  UnixTime expires_;
};

}  // namespace gateway::io
