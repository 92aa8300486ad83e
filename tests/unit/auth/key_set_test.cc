#include "gateway/auth/key_set.h"

#include <gtest/gtest.h>

#include "tests/fakes/signing_key.h"

namespace gateway::auth {
namespace {

using fakes::SigningKey;

constexpr std::string_view kSignedClaims = R"({"iss":"https://i","sub":"ann","exp":1800000100})";

class Keys : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rsa_ = std::make_unique<SigningKey>(SigningKey::Kind::Rsa);
    ec_ = std::make_unique<SigningKey>(SigningKey::Kind::P256);
    ed_ = std::make_unique<SigningKey>(SigningKey::Kind::Ed25519);
  }
  static void TearDownTestSuite() {
    rsa_.reset();
    ec_.reset();
    ed_.reset();
  }

  static std::string set(std::initializer_list<std::string> keys) {
    std::string list;
    for (auto const& key : keys) list += (list.empty() ? "" : ",") + key;
    return "{\"keys\":[" + list + "]}";
  }
  static KeySet all() {
    auto keys = KeySet::read(set({rsa_->jwk("r"), ec_->jwk("e"), ed_->jwk("d")}));
    EXPECT_TRUE(keys.ok());
    return *std::move(keys);
  }
  /// What becomes of a token that `key` has signed.
  static std::string told(KeySet const& keys, SigningKey const& key, std::string_view algorithm, std::string_view kid) {
    auto const header = kid.empty() ? fmt::format(R"({{"alg":"{}"}})", algorithm)
                                    : fmt::format(R"({{"alg":"{}","kid":"{}"}})", algorithm, kid);
    return told(keys, key.token(header, kSignedClaims, algorithm));
  }
  static std::string told(KeySet const& keys, std::string const& token) {
    auto const read = read_jwt(token);
    if (std::holds_alternative<Denial>(read)) return "unreadable";
    auto* const found = keys.find(std::get<Jwt>(read));
    if (found == nullptr) return "no key";
    return is_signed_by(std::get<Jwt>(read), found) ? "good" : "bad";
  }

  static inline std::unique_ptr<SigningKey> rsa_, ec_, ed_;
};

TEST_F(Keys, VerifyTheFourAlgorithms) {
  auto const keys = all();
  EXPECT_EQ("good", told(keys, *rsa_, "RS256", "r"));
  EXPECT_EQ("good", told(keys, *rsa_, "PS256", "r"));
  EXPECT_EQ("good", told(keys, *ec_, "ES256", "e"));
  EXPECT_EQ("good", told(keys, *ed_, "EdDSA", "d"));
}

TEST_F(Keys, RefuseATokenThatAnybodyChanged) {
  auto const keys = all();
  for (auto const& [key, algorithm, kid] : {std::tuple{rsa_.get(), "RS256", "r"}, std::tuple{ec_.get(), "ES256", "e"},
                                            std::tuple{ed_.get(), "EdDSA", "d"}}) {
    auto const token =
        key->token(fmt::format(R"({{"alg":"{}","kid":"{}"}})", algorithm, kid), kSignedClaims, algorithm);
    auto const claims = token.find('.') + 1;
    auto const other = fakes::base64url(R"({"iss":"https://i","sub":"bob","exp":1800000100})");
    EXPECT_EQ("bad", told(keys, token.substr(0, claims) + other + token.substr(token.rfind('.')))) << algorithm;
    EXPECT_EQ("bad", told(keys, token.substr(0, token.rfind('.') + 1))) << algorithm;
    EXPECT_EQ("bad", told(keys, token.substr(0, token.rfind('.') + 1) + "AAAA")) << algorithm;
  }
}

TEST_F(Keys, RefuseASignatureOfAnotherKey) {
  SigningKey const other(SigningKey::Kind::P256);
  EXPECT_EQ("bad", told(all(), other, "ES256", "e"));
}

TEST_F(Keys, AreNotUsedForTheAlgorithmOfAnotherKind) {
  auto const keys = all();
  for (auto const& [algorithm, kid] : {std::pair{"ES256", "r"}, std::pair{"RS256", "e"}, std::pair{"EdDSA", "e"},
                                       std::pair{"PS256", "d"}, std::pair{"ES256", "d"}}) {
    EXPECT_EQ("no key", told(keys, *rsa_, algorithm, kid)) << algorithm << ' ' << kid;
  }
}

TEST_F(Keys, AreKeptToTheAlgorithmTheyName) {
  auto const keys = KeySet::read(set({rsa_->jwk("r", R"(,"alg":"PS256","use":"sig")")}));
  EXPECT_EQ("good", told(*keys, *rsa_, "PS256", "r"));
  EXPECT_EQ("no key", told(*keys, *rsa_, "RS256", "r"));
}

TEST_F(Keys, AreFoundWithoutAnIdWhereThereIsOneOfTheKind) {
  EXPECT_EQ("good", told(all(), *ec_, "ES256", ""));
  SigningKey const other(SigningKey::Kind::P256);
  auto const two = KeySet::read(set({ec_->jwk("e"), other.jwk("f")}));
  EXPECT_EQ("no key", told(*two, *ec_, "ES256", ""));
  EXPECT_EQ("no key", told(*two, *ec_, "ES256", "g"));
}

TEST_F(Keys, LeaveOutThoseThatMayNotOrCannotVerify) {
  SigningKey const weak(SigningKey::Kind::Rsa, 1024);
  for (std::string const& key :
       {ec_->jwk("k", R"(,"use":"enc")"), ec_->jwk("k", R"(,"key_ops":["sign"])"), ec_->jwk("k", R"(,"alg":"RS256")"),
        weak.jwk("k"), std::string(R"({"kty":"oct","k":"c2VjcmV0","kid":"k"})"),
        std::string(R"({"kty":"EC","kid":"k"})"),
        std::string(R"({"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","kid":"k"})"), std::string("{}"),
        std::string("7")}) {
    EXPECT_FALSE(KeySet::read(set({key})).ok()) << key;
    EXPECT_EQ(1U, KeySet::read(set({key, ed_->jwk("d")}))->size()) << key;
  }
}

TEST_F(Keys, RefuseAPointThatIsNotOnTheCurve) {
  auto jwk = ec_->jwk("k");
  auto const at = jwk.find("\"y\":\"") + 5;
  jwk.replace(at, 4, jwk.substr(at, 4) == "AAAA" ? "BBBB" : "AAAA");
  EXPECT_FALSE(KeySet::read(set({jwk})).ok());
}

TEST_F(Keys, AreReadFromNothingElse) {
  for (auto const* const text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", "not JSON"})
    EXPECT_FALSE(KeySet::read(text).ok()) << text;
}

TEST_F(Keys, AreWithinASetThatHasThemAll) {
  auto const keys = all();
  EXPECT_TRUE(KeySet::read(set({ec_->jwk("e")}))->is_within(keys));
  EXPECT_FALSE(keys.is_within(*KeySet::read(set({ec_->jwk("e")}))));
  SigningKey const other(SigningKey::Kind::P256);
  EXPECT_FALSE(KeySet::read(set({other.jwk("e")}))->is_within(keys));
}

}  // namespace
}  // namespace gateway::auth
