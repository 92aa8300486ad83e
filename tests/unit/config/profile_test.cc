#include "gateway/config/profile.h"

#include <gtest/gtest.h>

#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using fakes::environment_with;

constexpr std::string_view kBase = R"({
  "gateway": {"listen": "127.0.0.1:8080", "auth": {"tokens": [{"name": "a", "token": "token-of-the-base-file"}]}},
  "mcpServers": {"echo": {"command": "echo", "args": ["${dir}"]}, "time": {"command": "date"}}
})";

Profile staging(std::string text) {
  return {.name = "profiles/staging.json", .text = std::move(text), .folder = "/etc/profiles"};
}

std::variant<Config, ConfigErrors> read(std::string text, std::map<std::string, std::string> files = {}) {
  auto const profile = staging(std::move(text));
  return read_config(kBase, environment_with({{"PORT", "9000"}}, std::move(files)), "/etc", &profile);
}

Config accepted(std::string text) {
  auto result = read(std::move(text));
  if (auto* const config = std::get_if<Config>(&result)) return std::move(*config);
  for (auto const& error : std::get<ConfigErrors>(result).errors) ADD_FAILURE() << error.path << ": " << error.what;
  return {.gateway = {}, .services = {{}, {}}, .warnings = {}};
}

std::vector<std::string> places_of_errors(std::string text) {
  auto const result = read(std::move(text));
  std::vector<std::string> places;
  if (auto const* const wrong = std::get_if<ConfigErrors>(&result))
    for (auto const& error : wrong->errors) places.push_back(error.path);
  return places;
}

TEST(ConfigProfile, ReplacesAddsAndTakesAway) {
  auto const config = accepted(R"({
    // a remark, and a comma too many
    "gateway": {"listen": "127.0.0.1:${PORT}", "auth": {"tokens": [{"name": "s", "token": "token-of-staging-only"}]}},
    "mcpServers": {"time": null, "more": {"command": "more", "args": ["${dir}/x"]}},
  })");

  EXPECT_EQ(9000, config.gateway.listen.port);
  ASSERT_EQ(1U, config.gateway.auth.tokens.size());
  EXPECT_EQ("token-of-staging-only", config.gateway.auth.tokens[0].token.reveal());
  ASSERT_EQ(2U, config.services.size());
  EXPECT_EQ("/etc", config.services[0].args[0]);
  EXPECT_EQ("more", config.services[1].name);
  EXPECT_EQ("/etc/profiles/x", config.services[1].args[0]);
}

TEST(ConfigProfile, NamesTheFileInWhichAnErrorStands) {
  using Places = std::vector<std::string>;
  EXPECT_EQ(Places{"profiles/staging.json: gateway.listen"}, places_of_errors(R"({"gateway": {"listen": "here"}})"));
  EXPECT_EQ(Places{"profiles/staging.json: gateway"}, places_of_errors(R"({"gateway": {"listn": 1}})"));
  EXPECT_EQ(Places{"profiles/staging.json: mcpServers.new"},
            places_of_errors(R"({"mcpServers": {"new": {"args": []}}})"));
  EXPECT_EQ(Places{"profiles/staging.json: gateway.auth.tokens[0].token"},
            places_of_errors(R"({"gateway": {"auth": {"tokens": [{"name": "x", "token": "a b"}]}}})"));
  EXPECT_EQ(Places{"profiles/staging.json: line 1"}, places_of_errors(R"({"gateway": x})"));
  EXPECT_EQ(Places{"profiles/staging.json: the file"}, places_of_errors("[]"));
  EXPECT_EQ(Places{"profiles/staging.json: gateway"}, places_of_errors(R"({"gateway": {}, "gateway": {}})"));
}

TEST(ConfigProfile, LeavesErrorsOfTheOtherFileWhereTheyAre) {
  auto const profile = staging(R"({"gateway": {"pool": "blue"}})");
  auto const result = read_config(R"({"gateway": {"listen": "here"}, "mcpServers": {"a": {"command": "a"}}})",
                                  environment_with({}, {}), "/etc", &profile);

  ASSERT_TRUE(std::holds_alternative<ConfigErrors>(result));
  EXPECT_EQ("gateway.listen", std::get<ConfigErrors>(result).errors.at(0).path);
}

TEST(ConfigProfile, HasTheNameOfAFile) {
  EXPECT_TRUE(is_profile_name("production-primary"));
  for (auto const* const name : {"", ".", "..", "../x", "a/b", ".hidden", "a b"})
    EXPECT_FALSE(is_profile_name(name)) << name;
}

TEST(ConfigProfile, BecomesOneFileThatNeedsNoOther) {
  auto const profile =
      staging(R"({"mcpServers": {"echo": {"args": ["${dir}/y", "${TOKEN}"]}, "in": {"args": ["1"]}}})");
  auto const whole = whole_config(
      R"({"include": ["more/in.json"], "mcpServers": {"echo": {"command": "echo"}, "own": {"command": "${dir}/own"}}})",
      environment_with({}, {{"/etc/more/in.json", R"({"mcpServers": {"in": {"command": "${dir}/in"}}})"}}), "/etc",
      &profile);

  ASSERT_TRUE(whole);
  EXPECT_EQ(Json::parse(R"({"mcpServers": {
              "in": {"command": "/etc/more/in", "args": ["1"]},
              "echo": {"command": "echo", "args": ["/etc/profiles/y", "${TOKEN}"]},
              "own": {"command": "/etc/own"}}})"),
            *whole);
}

}  // namespace
}  // namespace gateway::config
