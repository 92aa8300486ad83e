// Who holds which bearer token.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/http/request_head.h"

namespace gateway::frontend {

using Digest = std::array<unsigned char, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
/// The first twelve hex digits: enough to follow something through a log, of no
/// use to whoever reads it.
[[nodiscard]] std::string short_hash(std::string_view bytes);

/// Holds the tokens' hashes alone, and compares in constant time.
class Auth {
 public:
  explicit Auth(config::AuthConfig const& config);

  [[nodiscard]] bool required() const { return !tokens_.empty(); }

  /// The name of the token's holder, or nothing. `Authorization: Bearer` and
  /// `X-API-Key` are both looked at; LiteLLM sends either.
  [[nodiscard]] std::optional<std::string> principal(http::RequestHead const& head) const;
  /// What was shown as a token, whether it is one of ours or not.
  enum class Shown { Nothing, OtherScheme, Token };
  [[nodiscard]] static Shown shown(http::RequestHead const& head);

 private:
  struct Token {
    std::string name;
    Digest digest;
  };
  std::vector<Token> tokens_;
};

}  // namespace gateway::frontend
