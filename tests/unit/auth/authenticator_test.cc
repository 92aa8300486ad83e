#include "gateway/auth/authenticator.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace gateway::auth {
namespace {

constexpr auto kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr UnixTime kTimeOfRequest{std::chrono::seconds{1'800'000'000}};

config::PolicyConfig const kNoRules;
Policy const kNoPolicy(kNoRules);

struct Recorded final : Authenticator::Owner, Clock {
  std::vector<std::string> troubles;
  void on_source_read(Source const& source, std::string_view trouble) override {
    troubles.push_back(std::string(source.kind) + ": " + std::string(trouble));
  }
  void on_decided(WaitId) override {}
  [[nodiscard]] TimePoint now() const override { return {}; }
  Authenticator::Machine machine() {
    return {*this, [] { return kTimeOfRequest; }, nullptr};
  }
};

Verdict check(Authenticator& known, std::string_view token) {
  return known.check(token, sha256(token), {}, Patience::CanWait);
}

config::AuthConfig two_tokens() {
  config::AuthConfig config;
  config.tokens.push_back({.name = "ann", .token = config::Secret("ann-token-0123456789")});
  config.tokens.push_back({.name = "bob", .sha256 = kHashOfAbc});
  return config;
}

std::string told(Verdict const& verdict) {
  auto const* const denial = std::get_if<Denial>(&verdict);
  return denial != nullptr ? std::string(label(*denial)) : std::get<Principal const*>(verdict)->id.name;
}

std::string checked(config::AuthConfig const& config, std::string_view token) {
  Recorded recorded;
  Authenticator known(config, kNoPolicy, recorded.machine(), recorded);
  return told(check(known, token));
}

TEST(Authenticator, IsRequiredOnceThereIsATokenOrAFile) {
  EXPECT_FALSE(config::AuthConfig{}.required());
  EXPECT_TRUE(two_tokens().required());
  EXPECT_TRUE((config::AuthConfig{.tokens_file = "/nowhere"}).required());
}

TEST(Authenticator, KnowsTheHolderOfATokenAndOfAHash) {
  EXPECT_EQ("ann", checked(two_tokens(), "ann-token-0123456789"));
  EXPECT_EQ("bob", checked(two_tokens(), "abc"));
}

TEST(Authenticator, KnowsNobodyByAnythingElse) {
  for (std::string const token : {"ab", "abcd", "ABC", "", kHashOfAbc})
    EXPECT_EQ("bad_token", checked(two_tokens(), token)) << token;
}

TEST(Authenticator, RefusesATokenFromTheSecondInWhichItExpires) {
  auto config = two_tokens();
  config.tokens[1].expires = kTimeOfRequest;
  EXPECT_EQ("expired", checked(config, "abc"));
  config.tokens[1].expires = kTimeOfRequest + std::chrono::seconds{1};
  EXPECT_EQ("bob", checked(config, "abc"));
}

TEST(Authenticator, GrantsEveryScopeUnlessTheTokenSaysWhich) {
  auto config = two_tokens();
  config.tokens[1].scopes = {"read"};
  Recorded recorded;
  Authenticator known(config, kNoPolicy, recorded.machine(), recorded);
  auto const scopes = [&](std::string_view token) { return std::get<Principal const*>(check(known, token))->scopes; };
  EXPECT_TRUE(scopes("ann-token-0123456789").has("anything"));
  EXPECT_TRUE(scopes("abc").has_each({"read"}));
  EXPECT_FALSE(scopes("abc").has_each({"read", "write"}));
}

class TokenFile : public ::testing::Test {
 protected:
  TokenFile() { write(R"({"tokens": [{"name": "ann", "token": "ann-token-0123456789"}]})"); }
  ~TokenFile() override { std::remove(path_.c_str()); }

  /// As tools replace a file: by rename.
  void write(std::string const& text) {
    auto const next = path_ + ".next";
    std::ofstream(next) << text;
    std::rename(next.c_str(), path_.c_str());
  }

  std::string path_ = ::testing::TempDir() + "tokens." + std::to_string(::getpid()) + ".json";
  Recorded recorded_;
};

TEST_F(TokenFile, IsReadAgainWhenItWasReplaced) {
  config::AuthConfig const config{.tokens_file = path_};
  Authenticator known(config, kNoPolicy, recorded_.machine(), recorded_);
  EXPECT_EQ("ann", told(check(known, "ann-token-0123456789")));
  write(R"({"tokens": [{"name": "bob", "token": "bob-token-0123456789"}]})");
  known.tick();
  EXPECT_EQ("bad_token", told(check(known, "ann-token-0123456789")));
  EXPECT_EQ("bob", told(check(known, "bob-token-0123456789")));
  known.tick();
  EXPECT_EQ((std::vector<std::string>{"tokens_file: ", "tokens_file: "}), recorded_.troubles);
}

TEST_F(TokenFile, KeepsTheTokensWhileTheNewOnesCannotBeUsed) {
  config::AuthConfig const config{.tokens_file = path_};
  Authenticator known(config, kNoPolicy, recorded_.machine(), recorded_);
  write(R"({"tokens": [{"name": "bob"}]})");
  known.tick();
  known.tick();
  EXPECT_EQ("ann", told(check(known, "ann-token-0123456789")));
  ASSERT_EQ(2U, recorded_.troubles.size());
  EXPECT_EQ("tokens_file: the file " + path_ + " is not used: tokens[0]: expected exactly one of token and sha256",
            recorded_.troubles[1]);
}

TEST_F(TokenFile, KeepsTheTokensWhileTheFileIsGone) {
  config::AuthConfig const config{.tokens_file = path_};
  Authenticator known(config, kNoPolicy, recorded_.machine(), recorded_);
  std::remove(path_.c_str());
  known.tick();
  EXPECT_EQ("ann", told(check(known, "ann-token-0123456789")));
  ASSERT_EQ(2U, recorded_.troubles.size());
  EXPECT_EQ("tokens_file: the file " + path_ + " cannot be read: No such file or directory", recorded_.troubles[1]);
}

TEST(ChangingFile, ReadsNothingButARegularFile) {
  EXPECT_EQ("/dev/null is not a regular file", io::ChangingFile("/dev/null").read_if_changed()->error().what);
}

TEST(Digest, IsShownInLogsByTwelveDigits) { EXPECT_EQ("ba7816bf8f01", short_hash("abc")); }

}  // namespace
}  // namespace gateway::auth
