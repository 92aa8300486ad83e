// A private key of an issuer, which signs tokens and shows its public half.
#pragma once

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::fakes {

inline std::string base64url(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto const size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

class SigningKey {
 public:
  enum class Kind { Rsa, P256, Ed25519 };

  explicit SigningKey(Kind kind, unsigned rsa_bits = 2048) : kind_(kind) {
    switch (kind) {
      case Kind::Rsa: key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits}); break;
      case Kind::P256: key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"); break;
      case Kind::Ed25519: key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
    }
    if (key_ == nullptr) std::abort();
  }
  SigningKey(SigningKey const&) = delete;
  SigningKey& operator=(SigningKey const&) = delete;
  ~SigningKey() { EVP_PKEY_free(key_); }

  /// Its public half; `more` are further members, each after a comma.
  [[nodiscard]] std::string jwk(std::string_view kid, std::string_view more = {}) const {
    auto const id = kid.empty() ? std::string{} : fmt::format(R"(,"kid":"{}")", kid);
    switch (kind_) {
      case Kind::Rsa:
        return fmt::format(R"({{"kty":"RSA","n":"{}","e":"{}"{}{}}})", number(OSSL_PKEY_PARAM_RSA_N),
                           number(OSSL_PKEY_PARAM_RSA_E), id, more);
      case Kind::P256:
        return fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{}","y":"{}"{}{}}})",
                           number(OSSL_PKEY_PARAM_EC_PUB_X, 32), number(OSSL_PKEY_PARAM_EC_PUB_Y, 32), id, more);
      case Kind::Ed25519: {
        std::array<unsigned char, 32> raw{};
        auto size = raw.size();
        EVP_PKEY_get_raw_public_key(key_, raw.data(), &size);
        return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","x":"{}"{}{}}})",
                           base64url({reinterpret_cast<char const*>(raw.data()), size}), id, more);
      }
    }
    return {};
  }

  /// A token with this header and these claims, signed as `algorithm` says.
  [[nodiscard]] std::string token(std::string_view header, std::string_view claims, std::string_view algorithm) const {
    auto const text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(sign(text, algorithm));
  }

 private:
  [[nodiscard]] std::string number(char const* name, int bytes = 0) const {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key_, name, &value) != 1) std::abort();
    std::string text(static_cast<std::size_t>(bytes == 0 ? BN_num_bytes(value) : bytes), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()));
    BN_free(value);
    return base64url(text);
  }

  [[nodiscard]] std::string sign(std::string_view text, std::string_view algorithm) const {
    auto* const context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* of_key = nullptr;
    auto const* const digest = kind_ == Kind::Ed25519 ? nullptr : EVP_sha256();
    EVP_DigestSignInit(context, &of_key, digest, nullptr, key_);
    if (algorithm == "PS256") {
      EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST);
    }
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    std::size_t size = 0;
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return kind_ == Kind::P256 ? joined(signature) : signature;
  }

  /// r and s of an ECDSA signature in DER, one after the other.
  [[nodiscard]] static std::string joined(std::string const& der) {
    auto const* at = reinterpret_cast<unsigned char const*>(der.data());
    auto* const pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string text(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(text.data()), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(text.data()) + 32, 32);
    ECDSA_SIG_free(pair);
    return text;
  }

  Kind kind_;
  EVP_PKEY* key_ = nullptr;
};

}  // namespace gateway::fakes
