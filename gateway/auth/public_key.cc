#include "gateway/auth/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <string>

namespace gateway::auth {

namespace {

constexpr int kShortestRsa = 2048;
constexpr int kLongestRsa = 8192;  // a longer one would take the loop's time
constexpr std::size_t kP256Bytes = 32;

template <auto Free>
struct FreeWith {
  void operator()(auto* object) const { Free(object); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;

unsigned char const* bytes_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }

Number number_of(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// A key of the parameters, if it is a sound one: on its curve, of a possible size.
PublicKey key_of(char const* kind, OSSL_PARAM* params) {
  KeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || params == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  PublicKey owned(key);
  KeyContext const check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  auto const sound = check && EVP_PKEY_public_check(check.get()) == 1;
  ERR_clear_error();
  return sound ? std::move(owned) : nullptr;
}

/// ECDSA in JOSE is r and s one after the other (RFC 7518, section 3.4); OpenSSL expects DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> const pair(ECDSA_SIG_new());
  auto r = number_of(signature.substr(0, kP256Bytes));
  auto s = number_of(signature.substr(kP256Bytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();
  (void)s.release();
  unsigned char* out = nullptr;
  auto const size = i2d_ECDSA_SIG(pair.get(), &out);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<char const*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

bool fits(Algorithm algorithm, EVP_PKEY* key) {
  switch (algorithm) {
    case Algorithm::Rs256:
    case Algorithm::Ps256: return EVP_PKEY_is_a(key, "RSA") == 1;
    case Algorithm::Es256: return EVP_PKEY_is_a(key, "EC") == 1;
    case Algorithm::EdDsa: return EVP_PKEY_is_a(key, "ED25519") == 1;
  }
  return false;
}

/// RFC 7518, section 3.5: the salt of PS256 is as long as its hash.
bool set_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

PublicKey rsa_key(std::string_view n, std::string_view e) {
  constexpr std::size_t kMostBytes = kLongestRsa / 8;
  if (n.size() > kMostBytes || e.size() > sizeof(std::uint64_t)) return nullptr;
  ParamBuilder const builder(OSSL_PARAM_BLD_new());
  auto const modulus = number_of(n);
  auto const exponent = number_of(e);
  if (!builder || !modulus || !exponent || BN_num_bits(modulus.get()) < kShortestRsa) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  Params const params(OSSL_PARAM_BLD_to_param(builder.get()));
  return key_of("RSA", params.get());
}

PublicKey p256_key(std::string_view x, std::string_view y) {
  constexpr char kUncompressed = 4;
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) return nullptr;
  auto const point = std::string(1, kUncompressed).append(x).append(y);
  ParamBuilder const builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  Params const params(OSSL_PARAM_BLD_to_param(builder.get()));
  return key_of("EC", params.get());
}

PublicKey ed25519_key(std::string_view x) {
  PublicKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
  ERR_clear_error();
  return key;
}

bool verify(Algorithm algorithm, evp_pkey_st* key, std::string_view text, std::string_view signature) {
  if (key == nullptr || !fits(algorithm, key)) return false;
  auto const der = algorithm == Algorithm::Es256 ? der_of(signature) : std::string{};
  if (algorithm == Algorithm::Es256) signature = der;
  if (signature.empty()) return false;
  DigestContext const context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;  // belongs to the context
  auto const* const digest = algorithm == Algorithm::EdDsa ? nullptr : EVP_sha256();
  auto const ready = context && EVP_DigestVerifyInit(context.get(), &of_key, digest, nullptr, key) == 1 &&
                     (algorithm != Algorithm::Ps256 || set_pss(of_key));
  auto const good =
      ready && EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace gateway::auth
