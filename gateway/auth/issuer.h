// One authorization server: its keys, and how they are kept current.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/auth/discovery.h"
#include "gateway/auth/fetcher.h"
#include "gateway/auth/key_set.h"
#include "gateway/auth/observer.h"
#include "gateway/auth/waiting.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/io/changing_file.h"

namespace gateway::auth {

/// Keys stay in use until they were replaced: an issuer that is away keeps no holder of a valid token out. Keys are
/// fetched at the start, every ten minutes, and when a token names one that is not known; the last at a bounded rate,
/// since anybody can make up such a token.
class Issuer {
 public:
  struct Needs {
    Clock const& clock;
    std::function<UnixTime()> wall_clock;
    Fetcher& fetcher;
    Waits& waits;
    Observer& observer;
  };
  static constexpr Duration kRefresh = std::chrono::minutes{10};
  static constexpr Duration kRetry = seconds{15};  ///< and how often an unknown key makes it ask, on average
  static constexpr double kBurst = 4;              ///< how many unknown keys may make it ask at once

  Issuer(config::IssuerConfig const& config, Needs const& needs);
  Issuer(Issuer const&) = delete;
  Issuer& operator=(Issuer const&) = delete;

  [[nodiscard]] config::IssuerConfig const& config() const { return config_; }
  /// Whether its tokens are verified here; otherwise it is asked about each.
  [[nodiscard]] bool has_key_source() const { return has_key_source_; }
  /// Null while it has none.
  [[nodiscard]] KeySet const* keys() const { return keys_ ? &*keys_ : nullptr; }
  /// Whether it could not be reached, or used, when it was asked last.
  [[nodiscard]] bool is_away() const { return is_away_; }
  /// Its introspection endpoint, as configured or as its metadata says; empty while that is not known.
  [[nodiscard]] std::string const& introspection_endpoint() const { return introspection_endpoint_; }

  /// Has the keys, or the metadata, fetched again; nothing where that is not allowed so soon.
  [[nodiscard]] std::optional<WaitId> renew();
  /// Once a second. True when keys it had are gone or have changed since the last call.
  [[nodiscard]] bool tick();

 private:
  [[nodiscard]] bool needs_metadata() const;
  [[nodiscard]] bool take_allowance();
  void begin();
  void read_file();
  void ask_for_metadata(std::size_t place);
  void on_metadata(std::size_t place, Result<Fetched> const& answer);
  void ask_for_keys();
  [[nodiscard]] std::string take_keys(Result<std::string> const& jwks, std::string_view where);
  void report(std::string_view trouble);
  void over(std::string_view trouble);

  config::IssuerConfig const& config_;
  Needs needs_;
  bool has_key_source_;
  std::optional<io::ChangingFile> file_;
  std::string jwks_uri_;
  std::string introspection_endpoint_;
  std::optional<KeySet> keys_;
  bool keys_changed_ = false;
  bool is_away_ = false;
  std::optional<WaitId> under_way_;
  TimePoint last_begun_{};
  TimePoint next_{};  ///< when it is asked without a reason
  double allowance_ = kBurst;
};

/// The body of an answer, or why there is none to read.
[[nodiscard]] Result<std::string> body_of(Result<Fetched> const& answer, std::string_view url);

}  // namespace gateway::auth
