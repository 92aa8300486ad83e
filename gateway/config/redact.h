// What is taken out of a server's answers.
#pragma once

#include <string>
#include <vector>

namespace gateway::config {

/// What is replaced in the texts that a server sends to its clients.
struct RedactConfig {
  bool secrets = false;                 ///< the secrets of the configuration, and of the child's owner
  bool keys = false;                    ///< what is shaped like a key of a well-known service
  std::vector<std::string> patterns{};  ///< regular expressions in the syntax of RE2

  [[nodiscard]] bool any() const { return secrets || keys || !patterns.empty(); }
  bool operator==(RedactConfig const&) const = default;
};

}  // namespace gateway::config
