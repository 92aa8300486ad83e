#include "gateway/frontend/auth.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <charconv>

namespace gateway::frontend {

namespace {

Digest digest_from_hex(std::string_view hex) {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, digest[i], 16);
  }
  return digest;
}

/// The token of "Bearer <token>", the scheme in any case (RFC 9110, section 11.1).
std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if ((authorization[i] | 0x20) != (kScheme[i] | 0x20)) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

std::string_view shown_token(http::RequestHead const& head) {
  auto const token = bearer(head.find("authorization").value_or(std::string_view{}));
  return token.empty() ? head.find("x-api-key").value_or(std::string_view{}) : token;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest digest;
  SHA256(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string short_hash(std::string_view bytes) {
  auto const digest = sha256(bytes);
  return fmt::format("{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3], digest[4],
                     digest[5]);
}

Auth::Auth(config::AuthConfig const& config) {
  for (auto const& token : config.tokens) {
    tokens_.push_back(
        {token.name, token.sha256.empty() ? sha256(token.token.reveal()) : digest_from_hex(token.sha256)});
  }
}

Auth::Shown Auth::shown(http::RequestHead const& head) {
  if (!shown_token(head).empty()) return Shown::Token;
  return head.find("authorization") ? Shown::OtherScheme : Shown::Nothing;
}

std::optional<std::string> Auth::principal(http::RequestHead const& head) const {
  auto const token = shown_token(head);
  if (token.empty()) return std::nullopt;
  auto const digest = sha256(token);
  std::optional<std::string> holder;
  // All are compared, so that the time taken tells nothing of which one matched.
  for (auto const& known : tokens_) {
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) holder = known.name;
  }
  return holder;
}

}  // namespace gateway::frontend
