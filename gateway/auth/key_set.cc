#include "gateway/auth/key_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/auth/base64url.h"
#include "gateway/auth/json_members.h"
#include "gateway/auth/public_key.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::auth {

namespace {

/// The value of a member in base64url; nothing when it is absent or empty.
std::optional<std::string> number(JsonMembers const& jwk, std::string_view key) {
  auto const text = jwk.text(key);
  auto bytes = text ? decode_base64url(*text) : std::nullopt;
  return bytes && !bytes->empty() ? std::move(bytes) : std::nullopt;
}

bool contains(std::vector<std::string> const& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

/// Whether its owner lets it verify signatures.
bool may_verify(JsonMembers const& jwk) {
  if (jwk.has("use") && jwk.text("use") != "sig") return false;
  return !jwk.has("key_ops") || contains(jwk.texts("key_ops").value_or(std::vector<std::string>{}), "verify");
}

struct Material {
  std::vector<Algorithm> algorithms;
  PublicKey key;
  std::string thumbprint;
};

Material read_rsa(JsonMembers const& jwk) {
  auto const n = number(jwk, "n");
  auto const e = number(jwk, "e");
  if (!n || !e) return {};
  return {
      {Algorithm::Rs256, Algorithm::Ps256}, rsa_key(*n, *e), fmt::format("RSA {} {}", *jwk.text("n"), *jwk.text("e"))};
}

Material read_ec(JsonMembers const& jwk) {
  auto const x = number(jwk, "x");
  auto const y = number(jwk, "y");
  if (!x || !y || jwk.text("crv") != "P-256") return {};
  return {{Algorithm::Es256}, p256_key(*x, *y), fmt::format("EC {} {}", *jwk.text("x"), *jwk.text("y"))};
}

Material read_okp(JsonMembers const& jwk) {
  auto const x = number(jwk, "x");
  if (!x || jwk.text("crv") != "Ed25519") return {};
  return {{Algorithm::EdDsa}, ed25519_key(*x), fmt::format("OKP {}", *jwk.text("x"))};
}

Material read_material(JsonMembers const& jwk) {
  auto const kind = jwk.text("kty");
  if (kind == "RSA") return read_rsa(jwk);
  if (kind == "EC") return read_ec(jwk);
  if (kind == "OKP") return read_okp(jwk);
  return {};
}

}  // namespace

std::optional<KeySet::Key> KeySet::read_key(std::string_view jwk_text) {
  auto const jwk = JsonMembers::read(jwk_text);
  if (!jwk || !may_verify(*jwk)) return std::nullopt;
  auto material = read_material(*jwk);
  if (!material.key) return std::nullopt;
  if (jwk->has("alg")) {
    auto const only = algorithm_from(jwk->text("alg").value_or(""));
    if (!only || std::ranges::find(material.algorithms, *only) == material.algorithms.end()) return std::nullopt;
    material.algorithms = {*only};
  }
  return Key{.id = jwk->text("kid").value_or(""),
             .algorithms = std::move(material.algorithms),
             .thumbprint = std::move(material.thumbprint),
             .key = std::move(material.key)};
}

Result<KeySet> KeySet::read(std::string_view jwks) {
  if (jwks.size() > kMostBytes) return Error{"expected a JWKS of at most 256KiB"};
  auto const set = JsonMembers::read(jwks);
  auto const keys = set ? set->raw("keys") : std::string_view{};
  if (!rpc::is_array(keys)) return Error{"expected a JWKS, {\"keys\": [...]}, found something else"};
  KeySet read;
  std::size_t listed = 0;
  rpc::ElementWalk walk(keys);
  while (auto const element = walk.next()) {
    if (++listed > kMostKeys) return Error{fmt::format("expected at most {} keys", kMostKeys)};
    if (auto key = read_key(*element)) read.keys_.push_back(*std::move(key));
  }
  if (read.keys_.empty()) {
    return Error{
        fmt::format("expected a key to verify RS256, PS256, ES256 or EdDSA with, found none among {}", listed)};
  }
  return read;
}

evp_pkey_st* KeySet::find(Jwt const& jwt) const {
  evp_pkey_st* found = nullptr;
  for (auto const& key : keys_) {
    if (!jwt.key_id.empty() && key.id != jwt.key_id) continue;
    if (std::ranges::find(key.algorithms, jwt.algorithm) == key.algorithms.end()) continue;
    if (found != nullptr) return nullptr;
    found = key.key.get();
  }
  return found;
}

bool KeySet::is_within(KeySet const& other) const {
  return std::ranges::all_of(keys_, [&](Key const& key) {
    return std::ranges::any_of(other.keys_, [&](Key const& known) {
      return known.id == key.id && known.thumbprint == key.thumbprint && known.algorithms == key.algorithms;
    });
  });
}

bool is_signed_by(Jwt const& jwt, evp_pkey_st* key) {
  return verify(jwt.algorithm, key, jwt.signed_part, jwt.signature);
}

}  // namespace gateway::auth
