// Whom the client of a TLS connection trusts, and what it shows of itself.
#pragma once

#include <string>

#include "gateway/base/result.h"
#include "gateway/io/tls_identity.h"

namespace gateway::io {

struct TlsTrust {
  enum class Check { ServerAndName, Nothing } check{};
  std::string ca_file{};      ///< PEM: who is trusted besides the system's authorities; empty: nobody
  std::string certificate{};  ///< a PEM file with the client's own, with `key`; empty: none
  std::string key{};          ///< empty: in the same file
};

/// The settings of such connections. The error is a sentence that names the file.
[[nodiscard]] Result<TlsContext> client_context(TlsTrust const& trust);

}  // namespace gateway::io
