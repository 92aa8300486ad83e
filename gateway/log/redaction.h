// Removes secrets from strings that others wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"

namespace gateway::log {

/// Built once; may be used from any thread. Searches for each secret in turn, so it is for rare lines.
class Redaction {
 public:
  /// Shorter ones are not replaced: values like `info` or `8080` occur everywhere.
  static constexpr std::size_t kShortest = 6;

  Redaction() = default;
  /// Each line of a secret with several lines is also a secret, because logs are written by line.
  explicit Redaction(std::vector<std::string> const& secrets);
  /// Those of `other`, and more.
  Redaction(Redaction const& other, std::vector<std::string> const& more);

  /// The longest first.
  [[nodiscard]] std::vector<std::string> const& secrets() const { return secrets_; }
  /// The string with each secret replaced by `***`, also one that is truncated at the end of the string.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  ///< the longest first, because one may contain another
};

/// The secrets of a configuration: values of the services' `env`, what `${VAR}` or `${file:}` expanded to in a service,
/// the variables of `gateway_environment` that `pass_env` passes on, tokens, headers for the collector, and passwords
/// in URLs among these. A value that is the path of an existing file is not a secret.
[[nodiscard]] std::vector<std::string> secrets_of(config::Config const& config, char const* const* gateway_environment);

}  // namespace gateway::log
