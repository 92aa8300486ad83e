// The certificates of the listeners, read again when their files change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/io/changing_file.h"
#include "gateway/io/tls_server.h"
#include "gateway/log/log.h"
#include "gateway/metrics/metrics.h"
#include "gateway/tls_files.h"

namespace gateway {

/// Owned by the Gateway, and outlives the loops, whose listeners use its servers. Belongs to the first loop's thread, except
/// for the servers.
class TlsListeners {
 public:
  explicit TlsListeners(metrics::Metrics& metrics) : metrics_(metrics) {}

  /// Reads the files. What the settings refer to outlives this. The error is a sentence.
  Status open(std::vector<TlsSetting> const& settings);
  /// Null for a listener without TLS.
  [[nodiscard]] io::TlsServer* find(config::TlsConfig const& config) const;

  /// Looks whether files have changed. Once a second.
  void tick(log::Log& log);

 private:
  struct Listener {
    explicit Listener(TlsSetting const& of, io::TlsIdentity identity);
    [[nodiscard]] bool has_changed();

    TlsSetting setting;
    io::ChangingFile certificate;
    io::ChangingFile key;
    std::optional<io::ChangingFile> client_ca;
    std::optional<std::string> trouble{};  ///< found by the last look, and told if the next one finds nothing new
    io::TlsServer server;
  };
  void read_again(Listener& listener, log::Log& log);

  metrics::Metrics& metrics_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace gateway
