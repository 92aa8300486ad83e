#include "gateway/auth/static_tokens.h"

#include <openssl/crypto.h>

#include <charconv>
#include <string_view>

#include <algorithm>

namespace gateway::auth {

namespace {

Digest digest_from_hex(std::string_view hex) {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, digest[i], 16);
  }
  return digest;
}

}  // namespace

StaticTokens::StaticTokens(std::vector<config::AuthToken> const& tokens, Policy const* policy) {
  for (auto const& token : tokens) {
    Principal holder{.id = {.name = token.name, .credential = Credential::StaticToken}};
    holder.scopes.all = !token.scopes.has_value();
    if (token.scopes) holder.scopes.names = *token.scopes;
    if (policy != nullptr) policy->find_rules(holder);
    tokens_.push_back({.digest = token.sha256.empty() ? sha256(token.token.reveal()) : digest_from_hex(token.sha256),
                       .holder = std::move(holder),
                       .expires = token.expires});
  }
}

bool StaticTokens::has_holder(std::string_view name) const {
  return std::any_of(tokens_.begin(), tokens_.end(), [&](Held const& held) { return held.holder.id.name == name; });
}

StaticTokens::Held const* StaticTokens::find(Digest const& digest) const {
  Held const* found = nullptr;
  // All are compared, so that the time taken tells nothing of which one matched.
  for (auto const& held : tokens_) {
    if (CRYPTO_memcmp(held.digest.data(), digest.data(), digest.size()) == 0) found = &held;
  }
  return found;
}

}  // namespace gateway::auth
