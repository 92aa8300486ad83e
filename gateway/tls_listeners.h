// The certificates of the listeners, read again when their files change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

  /// What was read of the files of a configuration, and is not in use yet.
  using Read = std::vector<std::pair<TlsSetting, io::TlsIdentity>>;
  /// Reads the files. The error is a sentence.
  [[nodiscard]] static Result<Read> read(std::vector<TlsSetting> const& settings);
  /// New connections of a listener that is there already get what was read; servers of listeners that have no TLS any
  /// more live until the next call.
  void use(Read read);
  /// By the path of its setting. Null for a listener without TLS.
  [[nodiscard]] io::TlsServer* find(std::string_view path) const;

  /// Looks whether files have changed. Once a second.
  void tick(log::Log& log);

 private:
  struct Listener {
    explicit Listener(TlsSetting const& of, io::TlsIdentity identity);
    /// Takes the setting, whose files were just read.
    void watch(TlsSetting const& of);
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
  std::vector<std::unique_ptr<Listener>> former_;  ///< which others may still use for a moment
};

}  // namespace gateway
