#include "gateway/auth/jwt.h"

#include <gtest/gtest.h>

#include "tests/fakes/signing_key.h"

namespace gateway::auth {
namespace {

using fakes::base64url;

constexpr UnixTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr std::string_view kHeader = R"({"alg":"ES256","kid":"k"})";
constexpr std::string_view kJwtClaims = R"({"iss":"https://i","sub":"ann","aud":"https://g","exp":1800000100})";

std::string unsigned_token(std::string_view header, std::string_view claims) {
  return base64url(header) + "." + base64url(claims) + "." + base64url("signature");
}

std::string told(std::string_view token) {
  auto const read = read_jwt(token);
  auto const* const denial = std::get_if<Denial>(&read);
  return denial != nullptr ? std::string(label(*denial)) : "read";
}

TEST(Jwt, SaysWhoIsMeantByWhomAndForHowLong) {
  auto const token = unsigned_token(
      kHeader,
      R"({"iss":"https://i","sub":"ann","aud":["a","b"],"exp":1800000100.9,"nbf":5,"scope":"x  y ","jti":"1"})");
  auto const read = read_jwt(token);
  auto const& jwt = std::get<Jwt>(read);
  EXPECT_EQ(Algorithm::Es256, jwt.algorithm);
  EXPECT_EQ("k", jwt.key_id);
  EXPECT_EQ("signature", jwt.signature);
  EXPECT_EQ("ann", jwt.claims.subject);
  EXPECT_EQ((std::vector<std::string>{"a", "b"}), jwt.claims.audience);
  EXPECT_EQ((std::vector<std::string>{"x", "y"}), jwt.claims.scopes);
  EXPECT_EQ(1'800'000'100, jwt.claims.expires->time_since_epoch().count());
  EXPECT_EQ(5, jwt.claims.not_before->time_since_epoch().count());
}

TEST(Jwt, TakesScopesFromScpToo) {
  EXPECT_EQ((std::vector<std::string>{"x", "y"}), read_claims(R"({"scp":["x","y"]})")->scopes);
  EXPECT_EQ((std::vector<std::string>{"x", "y"}), read_claims(R"({"scp":"x y"})")->scopes);
}

TEST(Jwt, IsRefusedForEveryAlgorithmThatIsNotOurs) {
  for (auto const* const name : {"none", "None", "", "HS256", "HS512", "RS384", "rs256", "ES256K", "dir", "RS256 "})
    EXPECT_EQ("wrong_algorithm", told(unsigned_token(fmt::format(R"({{"alg":"{}"}})", name), kJwtClaims))) << name;
}

TEST(Jwt, IsRefusedWithAHeaderThatCannotBeRelied) {
  for (auto const* const header :
       {R"({})", R"({"alg":1})", R"(["ES256"])", "", R"({"alg":"ES256","alg":"none"})",
        R"({"alg":"ES256","crit":["x"]})", R"({"alg":"ES256","b64":false})", R"({"alg":"ES256","kid":7})",
        R"({"alg":"ES256","typ":"logout+jwt"})", R"({"alg":"ES256","\u0061lg":"none"})",
        R"({"alg":"ES256"} )"
        "x"}) {
    EXPECT_EQ("malformed", told(unsigned_token(header, kJwtClaims))) << header;
  }
  EXPECT_EQ("read", told(unsigned_token(R"({"alg":"ES256","typ":"at+JWT"})", kJwtClaims)));
  EXPECT_EQ("read", told(unsigned_token(R"({"alg":"ES256","typ":"application/at+jwt"})", kJwtClaims)));
}

TEST(Jwt, IsRefusedWithClaimsOfAnotherKind) {
  for (auto const* const claims :
       {"", "[]", "{", R"({"sub":"ann"})", R"({"iss":""})", R"({"iss":1})", R"({"iss":"i","exp":"5"})",
        R"({"iss":"i","exp":-1})", R"({"iss":"i","exp":1e300})", R"({"iss":"i","nbf":null})", R"({"iss":"i","aud":5})",
        R"({"iss":"i","aud":["a",1]})", R"({"iss":"i","sub":{}})", R"({"iss":"i","iss":"j"})"}) {
    EXPECT_EQ("malformed", told(unsigned_token(kHeader, claims))) << claims;
  }
}

TEST(Jwt, IsRefusedInAnotherForm) {
  auto const good = unsigned_token(kHeader, kJwtClaims);
  EXPECT_EQ("read", told(good));
  for (std::string const& bad : {std::string(), std::string("."), std::string(".."), good + ".", good + "=", good + " ",
                                 "a" + good, good.substr(0, good.rfind('.')), base64url(kHeader) + "..x"}) {
    EXPECT_EQ("malformed", told(bad)) << bad;
  }
  EXPECT_EQ("malformed", told(unsigned_token(kHeader, fmt::format(R"({{"iss":"{}"}})", std::string(9000, 'i')))));
}

TEST(Jwt, IsGoodFromNotBeforeToItsEndWithinTheLeeway) {
  auto const at = [](int seconds) { return kNow + std::chrono::seconds{seconds}; };
  Claims const claims{.expires = at(100), .not_before = at(0)};
  constexpr std::chrono::seconds kLeeway{10};
  EXPECT_EQ(Denial::NotYetValid, check_times(claims, at(-11), kLeeway));
  EXPECT_EQ(std::nullopt, check_times(claims, at(-10), kLeeway));
  EXPECT_EQ(std::nullopt, check_times(claims, at(109), kLeeway));
  EXPECT_EQ(Denial::Expired, check_times(claims, at(110), kLeeway));
  EXPECT_EQ(Denial::Malformed, check_times({}, at(0), kLeeway));
}

TEST(Jwt, NamesItsPrincipalByIssuerAndSubject) {
  EXPECT_EQ("login:ann", principal_of({.subject = "ann"}, "login", Credential::Jwt)->id.name);
  for (std::string const& subject : {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string(300, 'a')})
    EXPECT_FALSE(principal_of({.subject = subject}, "login", Credential::Jwt)) << subject;
}

}  // namespace
}  // namespace gateway::auth
