// Texts that must not be seen, and taking them out of what others wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"

namespace gateway::log {

/// Built once; may be asked from any thread. A search for each secret: for what is
/// written seldom.
class Redaction {
 public:
  /// Shorter ones are not looked for: `info` or `8080` would take half of a text away.
  static constexpr std::size_t kShortest = 6;

  Redaction() = default;
  /// A secret of several lines is also looked for line by line, since logs are lines.
  explicit Redaction(std::vector<std::string> const& secrets);

  /// The text with `***` for each secret, also for one that is cut off at its end.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  ///< the longest first, since one may hold another
};

/// What the configuration keeps secret: values of the services' `env`, what was put into
/// a service's part for `${VAR}` or `${file:}`, the variables of `gateway_environment`
/// that `pass_env` hands on, tokens, and headers for the collector; of a URL with a password in it also the password. A value that is the
/// path of something that exists is none.
[[nodiscard]] std::vector<std::string> secrets_of(config::Config const& config, char const* const* gateway_environment);

}  // namespace gateway::log
