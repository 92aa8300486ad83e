#include "gateway/auth/oauth.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <utility>

#include "gateway/auth/authenticator.h"
#include "tests/fakes/signing_key.h"

namespace gateway::auth {
namespace {

using fakes::SigningKey;

constexpr UnixTime kTimeOfVisit{std::chrono::seconds{1'800'000'000}};
constexpr Resource kHere{.origin = "https://g", .service = "memory"};

struct SetClock final : Clock {
  TimePoint at{std::chrono::hours{1}};
  [[nodiscard]] TimePoint now() const override { return at; }
};

/// Answers when the test says.
struct FakeFetcher final : Fetcher {
  std::deque<std::pair<FetchRequest, Tell>> asked;
  void fetch(FetchRequest request, Tell tell) override { asked.emplace_back(std::move(request), std::move(tell)); }
  /// Gives the URL, and a form after a space.
  std::string answer(Result<Fetched> const& with) {
    if (asked.empty()) return "nothing was asked";
    auto const [request, tell] = std::move(asked.front());
    asked.pop_front();
    tell(with);
    return request.url + (request.form.empty() ? "" : " " + request.form);
  }
};

class OAuthTokens : public ::testing::Test, protected Authenticator::Owner {
 protected:
  config::PolicyConfig rules_;
  Policy policy_{rules_};
  OAuthTokens() {
    config_.oauth.issuers = {{.issuer = "https://i", .name = "login", .jwks_uri = "https://i/keys"}};
    config_.oauth.audience = {};
  }
  void on_source_read(Source const& source, std::string_view trouble) override {
    troubles_.push_back(std::string(source.kind) + ": " + std::string(trouble));
  }
  void on_decided(WaitId) override { ++decided_; }

  Authenticator& auth() {
    if (!auth_)
      auth_.emplace(config_, policy_, Authenticator::Machine{clock_, [this] { return now_; }, &fetcher_},
                    static_cast<Authenticator::Owner&>(*this));
    return *auth_;
  }
  std::string check(std::string_view token, Patience patience = Patience::CanWait, Resource const& resource = kHere) {
    auto const verdict = auth().check(token, sha256(token), resource, patience);
    if (std::holds_alternative<Later>(verdict)) return "later";
    auto const* const denial = std::get_if<Denial>(&verdict);
    return denial != nullptr ? std::string(label(*denial)) : std::get<Principal const*>(verdict)->id.name;
  }
  /// Of the issuer, with `claims` instead of those of Ann, which are good.
  static std::string token(std::string_view claims = kGood, SigningKey const& key = key_, std::string_view kid = "k",
                           std::string_view algorithm = "ES256") {
    return key.token(fmt::format(R"({{"alg":"{}","kid":"{}"}})", algorithm, kid), claims, algorithm);
  }
  static Fetched keys(std::string const& jwk) { return {.status = 200, .body = "{\"keys\":[" + jwk + "]}"}; }
  /// Has the keys fetched, as the first tick does.
  void have_keys() {
    auth().tick();
    ASSERT_EQ("https://i/keys", fetcher_.answer(keys(key_.jwk("k"))));
  }

  static constexpr std::string_view kGood =
      R"({"iss":"https://i","sub":"ann","aud":"https://g/memory/mcp","exp":1800000100})";
  static inline SigningKey const key_{SigningKey::Kind::P256};
  config::AuthConfig config_;
  SetClock clock_;
  UnixTime now_ = kTimeOfVisit;
  FakeFetcher fetcher_;
  std::vector<std::string> troubles_;
  int decided_ = 0;
  std::optional<Authenticator> auth_;
};

TEST_F(OAuthTokens, IdentifyTheirSubject) {
  have_keys();
  EXPECT_EQ("login:ann", check(token()));
}

TEST_F(OAuthTokens, AreRefusedForWhatIsWrongWithThem) {
  have_keys();
  EXPECT_EQ("bad_token", check("opaque"));
  EXPECT_EQ("malformed", check("eyJ.eyJ.x"));
  EXPECT_EQ("malformed", check(std::string(9000, 'x')));
  EXPECT_EQ("wrong_issuer", check(token(R"({"iss":"https://i/","sub":"a","aud":"https://g","exp":1800000100})")));
  EXPECT_EQ("malformed", check(token(R"({"iss":"https://i","sub":"a","aud":"https://g"})")));
  EXPECT_EQ("malformed", check(token(R"({"iss":"https://i","aud":"https://g","exp":1800000100})")));
  EXPECT_EQ("expired", check(token(R"({"iss":"https://i","sub":"a","aud":"https://g","exp":1799999940})")));
  EXPECT_EQ("not_yet_valid",
            check(token(R"({"iss":"https://i","sub":"a","aud":"https://g","exp":1800000100,"nbf":1800000061})")));
  EXPECT_EQ("wrong_audience", check(token(R"({"iss":"https://i","sub":"a","exp":1800000100})")));
  EXPECT_EQ("wrong_audience", check(token(R"({"iss":"https://i","sub":"a","aud":"https://h","exp":1800000100})")));
  SigningKey const other(SigningKey::Kind::P256);
  EXPECT_EQ("bad_signature", check(token(kGood, other)));
}

TEST_F(OAuthTokens, AreRefusedWithAnAlgorithmThatIsNotAllowed) {
  config_.oauth.algorithms = {"RS256"};
  have_keys();
  EXPECT_EQ("wrong_algorithm", check(token()));
}

TEST_F(OAuthTokens, AreForTheEndpointsOfOneService) {
  have_keys();
  EXPECT_EQ("login:ann", check(token()));
  EXPECT_EQ("wrong_audience", check(token(), Patience::CanWait, {.origin = "https://g", .service = "fetch"}));
  EXPECT_EQ("wrong_audience", check(token(), Patience::CanWait, {.origin = "https://other", .service = "memory"}));
  EXPECT_EQ("wrong_audience", check(token(), Patience::CanWait, {.service = "memory"}));
}

TEST_F(OAuthTokens, AreVerifiedAgainOnceTheyHaveExpired) {
  have_keys();
  EXPECT_EQ("login:ann", check(token()));
  now_ += std::chrono::seconds{159};
  EXPECT_EQ("login:ann", check(token()));
  now_ += std::chrono::seconds{1};
  EXPECT_EQ("expired", check(token()));
}

TEST_F(OAuthTokens, WaitForTheFirstKeys) {
  auto const shown = token();
  EXPECT_EQ("later", check(shown));
  EXPECT_EQ("https://i/keys", fetcher_.answer(keys(key_.jwk("k"))));
  EXPECT_EQ(1, decided_);
  EXPECT_EQ("login:ann", check(shown, Patience::HasWaited));
}

TEST_F(OAuthTokens, AreNotRefusedAsBadWhileTheIssuerIsAway) {
  EXPECT_EQ("later", check(token()));
  fetcher_.answer(Error{"https://i/keys cannot be reached: refused"});
  EXPECT_EQ("issuer_unavailable", check(token(), Patience::HasWaited));
  ASSERT_EQ(1U, troubles_.size());
  EXPECT_EQ("jwks: https://i/keys cannot be reached: refused", troubles_[0]);
}

TEST_F(OAuthTokens, AreVerifiedWithTheOldKeysWhileTheIssuerIsAway) {
  have_keys();
  clock_.at += Issuer::kRefresh;
  auth().tick();
  fetcher_.answer(Fetched{.status = 500});
  EXPECT_EQ("jwks: https://i/keys answered with status 500", troubles_.back());
  EXPECT_EQ("login:ann", check(token()));
}

TEST_F(OAuthTokens, OfANewKeyMakeTheIssuerBeAskedAtABoundedRate) {
  have_keys();
  SigningKey const fresh(SigningKey::Kind::P256);
  auto const shown = token(kGood, fresh, "new");
  EXPECT_EQ("later", check(shown));
  EXPECT_EQ("later", check(token(kGood, fresh, "newer")));
  EXPECT_EQ(1U, fetcher_.asked.size());
  fetcher_.answer(keys(key_.jwk("k") + "," + fresh.jwk("new")));
  EXPECT_EQ("login:ann", check(shown, Patience::HasWaited));
  EXPECT_EQ("unknown_key", check(token(kGood, fresh, "newer"), Patience::HasWaited));
  auto asked = 0;
  for (; check(token(kGood, fresh, "none")) == "later"; ++asked) fetcher_.answer(keys(key_.jwk("k")));
  EXPECT_EQ(3, asked);
  clock_.at += Issuer::kRetry;
  EXPECT_EQ("later", check(token(kGood, fresh, "none")));
}

TEST_F(OAuthTokens, EndWithTheKeyTheyWereSignedWith) {
  have_keys();
  EXPECT_EQ("login:ann", check(token()));
  SigningKey const fresh(SigningKey::Kind::P256);
  clock_.at += Issuer::kRefresh;
  auth().tick();
  fetcher_.answer(keys(fresh.jwk("new")));
  auth().tick();
  EXPECT_EQ("later", check(token()));
}

TEST_F(OAuthTokens, FindTheKeysThroughTheMetadata) {
  config_.oauth.issuers[0] = {.issuer = "https://i/team", .name = "login"};
  auth().tick();
  EXPECT_EQ("https://i/.well-known/oauth-authorization-server/team", fetcher_.answer(Fetched{.status = 404}));
  EXPECT_EQ("https://i/.well-known/openid-configuration/team", fetcher_.answer(Fetched{.status = 404}));
  EXPECT_EQ("https://i/team/.well-known/openid-configuration",
            fetcher_.answer(Fetched{.status = 200, .body = R"({"issuer":"https://i/team","jwks_uri":"https://i/k"})"}));
  EXPECT_EQ("https://i/k", fetcher_.answer(keys(key_.jwk("k"))));
  EXPECT_EQ("login:ann", check(token(R"({"iss":"https://i/team","sub":"ann","aud":"https://g","exp":1800000100})")));
}

TEST_F(OAuthTokens, TakeNoMetadataOfAnotherIssuerOrToUnsafePlaces) {
  config_.oauth.issuers[0].jwks_uri.clear();
  for (auto const* const metadata : {R"({"issuer":"https://j","jwks_uri":"https://i/k"})", "{}", "[",
                                     R"({"issuer":"https://i","jwks_uri":"http://i/k"})",
                                     R"({"issuer":"https://i","jwks_uri":"file:///etc/passwd"})"}) {
    auth().tick();
    fetcher_.answer(Fetched{.status = 200, .body = metadata});
    EXPECT_TRUE(fetcher_.asked.empty()) << metadata;
    clock_.at += Issuer::kRetry;
  }
  EXPECT_EQ(5U, troubles_.size());
}

class OpaqueTokens : public OAuthTokens {
 protected:
  OpaqueTokens() {
    config_.oauth.issuers[0].introspection = {
        .endpoint = "https://i/ask", .client_id = "gateway", .client_secret = config::Secret("secret")};
    config_.oauth.issuers[0].jwks_uri.clear();
  }
  static Fetched says(std::string_view claims) { return {.status = 200, .body = std::string(claims)}; }
  static constexpr std::string_view kActive = R"({"active":true,"sub":"ann","aud":"https://g","scope":"read"})";
};

TEST_F(OpaqueTokens, AreAskedAboutOnceForManyRequests) {
  EXPECT_EQ("later", check("opaque token&x"));
  EXPECT_EQ("later", check("opaque token&x"));
  EXPECT_EQ("https://i/ask token=opaque%20token%26x&token_type_hint=access_token", fetcher_.answer(says(kActive)));
  EXPECT_EQ(1, decided_);
  EXPECT_EQ("login:ann", check("opaque token&x", Patience::HasWaited));
  EXPECT_TRUE(fetcher_.asked.empty());
}

TEST_F(OpaqueTokens, AreAskedAboutAgainWhenTheAnswerIsOld) {
  EXPECT_EQ("later", check("opaque"));
  fetcher_.answer(says(kActive));
  now_ += std::chrono::seconds{30};
  EXPECT_EQ("login:ann", check("opaque"));
  now_ += std::chrono::seconds{1};
  EXPECT_EQ("later", check("opaque"));
  fetcher_.answer(says(R"({"active":false})"));
  EXPECT_EQ("inactive", check("opaque", Patience::HasWaited));
}

TEST_F(OpaqueTokens, AreRefusedByWhatTheIssuerSays) {
  for (auto const& [answer, denial] :
       {std::pair{R"({"active":false})", "inactive"}, std::pair{R"({"active":"true"})", "malformed"},
        std::pair{"no", "malformed"}, std::pair{R"({"active":true,"sub":"a","iss":"https://j"})", "wrong_issuer"},
        std::pair{R"({"active":true,"sub":"a"})", "wrong_audience"},
        std::pair{R"({"active":true,"aud":"https://g"})", "malformed"},
        std::pair{R"({"active":true,"sub":"a","aud":"https://g","exp":5})", "expired"}}) {
    EXPECT_EQ("later", check(answer));
    fetcher_.answer(says(answer));
    EXPECT_EQ(denial, check(answer, Patience::HasWaited)) << answer;
  }
}

TEST_F(OpaqueTokens, AreNotRefusedAsBadWhileTheIssuerIsAway) {
  EXPECT_EQ("later", check("opaque"));
  fetcher_.answer(Error{"away"});
  EXPECT_EQ("issuer_unavailable", check("opaque", Patience::HasWaited));
  EXPECT_EQ("issuer_unavailable", check("opaque"));
  now_ += std::chrono::seconds{2};
  EXPECT_EQ("later", check("opaque"));
}

TEST_F(OpaqueTokens, WaitASecondTimeWhenItHadToBeFoundOutWhomToAsk) {
  config_.oauth.issuers[0].introspection->endpoint.clear();
  config_.oauth.issuers[0].jwks_uri = "https://i/keys";
  EXPECT_EQ("later", check("opaque"));
  EXPECT_EQ("issuer_unavailable", check("opaque", Patience::HasWaited));
  fetcher_.answer(says(R"({"issuer":"https://i","introspection_endpoint":"https://i/found"})"));
  fetcher_.answer(keys(key_.jwk("k")));
  EXPECT_EQ("later", check("opaque", Patience::HasWaited));
  EXPECT_EQ(0U, fetcher_.answer(says(kActive)).find("https://i/found "));
  EXPECT_EQ("login:ann", check("opaque", Patience::HasWaited));
}

TEST_F(OpaqueTokens, AreNotAskedAboutWithoutBound) {
  for (std::size_t i = 0; i < OAuth::kMostQuestions; ++i) EXPECT_EQ("later", check("opaque" + std::to_string(i)));
  EXPECT_EQ("issuer_unavailable", check("one more"));
}

TEST_F(OpaqueTokens, IncludeJwtsOfAnIssuerWithoutKeys) {
  auto const shown = token();
  EXPECT_EQ("later", check(shown));
  fetcher_.answer(says(R"({"active":true,"iss":"https://i","sub":"ann","aud":"https://g"})"));
  EXPECT_EQ("login:ann", check(shown, Patience::HasWaited));
}

TEST(TokenCache, ForgetsTheOldestAtItsLimit) {
  TokenCache cache;
  for (std::size_t i = 0; i <= TokenCache::kMost; ++i)
    cache.put(sha256(std::to_string(i)), {.who = Principal{}, .until = kTimeOfVisit});
  EXPECT_EQ(TokenCache::kMost, cache.size());
  EXPECT_EQ(nullptr, cache.find(sha256("0"), kTimeOfVisit));
  EXPECT_NE(nullptr, cache.find(sha256("1"), kTimeOfVisit));
}

TEST(ResourceUrl, IsThatOfTheEndpointAndHasItsMetadataBesideIt) {
  Resource const resource{.origin = "https://g", .base_path = "/team", .service = "memory"};
  EXPECT_EQ("https://g/team/memory/mcp", url_of(resource, "/mcp"));
  EXPECT_EQ("https://g/.well-known/oauth-protected-resource/team/memory/mcp", metadata_url(resource, "/mcp"));
  Resource const whole{.origin = "https://g", .is_gateway = true};
  EXPECT_EQ("https://g", url_of(whole, "/mcp"));
  EXPECT_EQ("https://g/.well-known/oauth-protected-resource", metadata_url(whole, "/mcp"));
}

TEST(ResourceUrl, IsMeantByItselfItsServiceAndTheGateway) {
  Resource const resource{.origin = "https://g", .base_path = "/team", .service = "memory"};
  auto const meant = [&](std::string const& audience) { return is_meant(std::vector{audience}, {}, resource); };
  for (auto const* const good :
       {"https://g", "https://g/", "HTTPS://G/team", "https://g/team/memory", "https://g/team/memory/mcp",
        "https://g/team/memory/mcp/", "https://g/team/memory/sse"})
    EXPECT_TRUE(meant(good)) << good;
  for (auto const* const bad : {"", "https://", "https://g.evil", "https://g:1", "https://g/memory/mcp",
                                "https://g/team/memory2/mcp", "https://g/team/memory/mcp/x", "https://g/team/fetch/mcp",
                                "https://g/TEAM", "http://g", "g", "/team/memory/mcp"})
    EXPECT_FALSE(meant(bad)) << bad;
  EXPECT_TRUE(is_meant(std::vector<std::string>{"x", "y"}, std::vector<std::string>{"y"}, resource));
  EXPECT_FALSE(is_meant(std::vector<std::string>{"https://g"}, std::vector<std::string>{"y"}, resource));
}

}  // namespace
}  // namespace gateway::auth
