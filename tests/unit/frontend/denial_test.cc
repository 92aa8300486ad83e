#include "gateway/frontend/denial.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gateway::frontend {
namespace {

std::vector<std::string> const kServices{"filesystem", "github", "time"};

std::string not_found(std::string_view path) {
  return not_found_text(path,
                        {.services = kServices, .at_root = false, .admin_elsewhere = true, .base_path = "/team-a"});
}

constexpr auto kServed = "; each service is at /NAME/mcp and /NAME/sse: filesystem, github, time";

TEST(Denial, NamesTheHostAndTheOriginAndWhatWouldAllowThem) {
  EXPECT_EQ(
      "Forbidden: the Host 'evil.example.com' is not allowed here; gateway.allowed_hosts (--allowed-host) says which "
      "names are",
      forbidden_text({.allowed = false, .reason = "host", .origin = {}, .shown = "Evil.example.com:8080"}));
  EXPECT_EQ(
      "Forbidden: the Origin 'https://evil.com' is not allowed here; gateway.allowed_origins (--allowed-origin) says "
      "which are",
      forbidden_text({.allowed = false, .reason = "origin", .origin = {}, .shown = "https://evil.com"}));
  EXPECT_NE(std::string::npos,
            forbidden_text({.allowed = false, .reason = "fetch_site", .origin = {}}).find("another site"));
}

TEST(Denial, KeepsToTheBeginningOfALongName) {
  auto const host = std::string(5000, 'a');
  EXPECT_GT(300U, forbidden_text({.allowed = false, .reason = "host", .origin = {}, .shown = host}).size());
  EXPECT_GT(300U, not_found(host).size());
}

TEST(Denial, TellsAWrongTokenFromNone) {
  EXPECT_EQ("Unauthorized: a bearer token is needed; expected the field Authorization: Bearer TOKEN",
            unauthorized_text(auth::Denial::NoToken));
  EXPECT_EQ("Unauthorized: the token that was shown is none of this gateway's",
            unauthorized_text(auth::Denial::UnknownToken));
  EXPECT_EQ("WWW-Authenticate: Bearer realm=\"g\"\r\n", challenge(auth::Denial::NoToken, {.realm = "g"}));
  EXPECT_EQ("WWW-Authenticate: Bearer realm=\"g\", error=\"invalid_token\"\r\n",
            challenge(auth::Denial::UnknownToken, {.realm = "g"}));
}

TEST(Denial, NamesTheMetadataOfTheResource) {
  EXPECT_EQ("WWW-Authenticate: Bearer realm=\"g\", resource_metadata=\"https://a/b\"\r\n",
            challenge(auth::Denial::NoToken, {.realm = "g", .metadata = "https://a/b"}));
}

TEST(Denial, NamesTheScopesThatAreNeeded) {
  EXPECT_EQ("WWW-Authenticate: Bearer realm=\"g\", error=\"insufficient_scope\", scope=\"read write\"\r\n",
            challenge(auth::Denial::MissingScope, {.realm = "g", .scopes = "read write"}));
}

TEST(Denial, NamesTheNearestPathAndTheServices) {
  std::string const none = "Not Found: there is no endpoint at ";
  EXPECT_EQ(none + "'/'" + kServed, not_found("/"));
  EXPECT_EQ(none + "'/mcp'" + kServed, not_found("/mcp"));
  EXPECT_EQ(none + "'/filesystem'; did you mean '/filesystem/mcp'?" + kServed, not_found("/filesystem"));
  EXPECT_EQ(none + "'/filesytem/sse'; did you mean '/filesystem/sse'?" + kServed, not_found("/filesytem/sse"));
  EXPECT_EQ(none + "'/GitHub/mpc'; did you mean '/github/mcp'?" + kServed, not_found("/GitHub/mpc"));
  EXPECT_EQ(none + "'/servers/time/ss'; did you mean '/time/sse'?" + kServed, not_found("/servers/time/ss"));
  EXPECT_EQ(none + "'/time/v1/tools'; did you mean '/time/mcp'?" + kServed, not_found("/time/v1/tools"));
  EXPECT_EQ(none + "'/nobody/mcp'" + kServed, not_found("/nobody/mcp"));
}

TEST(Denial, LooksBelowTheBasePath) {
  EXPECT_EQ(
      std::string("Not Found: there is no endpoint at '/team-a/time/mpc'; did you mean '/team-a/time/mcp'?") + kServed,
      not_found("/team-a/time/mpc"));
  EXPECT_EQ(std::string("Not Found: there is no endpoint at '/team-a'") + kServed, not_found("/team-a"));
}

TEST(Denial, FindsAPathBehindAPrefixThatNobodyKnows) {
  EXPECT_EQ(std::string("Not Found: there is no endpoint at '/other/time/mcp'; did you mean '/time/mcp'?") + kServed,
            not_found("/other/time/mcp"));
  EXPECT_EQ(
      std::string("Not Found: there is no endpoint at '/team-a/team-a/time/sse'; did you mean '/team-a/time/sse'?") +
          kServed,
      not_found("/team-a/team-a/time/sse"));
  EXPECT_EQ(std::string("Not Found: there is no endpoint at '//time/mcp'; did you mean '/time/mcp'?") + kServed,
            not_found("//time/mcp"));
}

TEST(Denial, SendsToTheOtherListener) {
  EXPECT_EQ("Not Found: there is no endpoint at '/metrics'; the admin listener has it (gateway.admin_listen, --admin)",
            not_found("/metrics"));
}

TEST(Denial, KnowsWhereOneServiceHasTheRoot) {
  EXPECT_EQ(
      "Not Found: there is no endpoint at '/mpc'; did you mean '/mcp'?; this port serves /mcp, /sse, /messages and "
      "/health",
      not_found_text("/mpc", {.services = {"filesystem"}, .at_root = true}));
}

TEST(Denial, GuessesTheOnlyServiceAtTheRoot) {
  EXPECT_EQ(
      "Not Found: there is no endpoint at '/mcp'; did you mean '/filesystem/mcp'?; each service is at /NAME/mcp and "
      "/NAME/sse: "
      "filesystem",
      not_found_text("/mcp", {.services = {"filesystem"}}));
}

TEST(Denial, NamesTenServicesAndCountsTheRest) {
  std::vector<std::string> const many(25, "s");
  EXPECT_NE(std::string::npos,
            not_found_text("/x/y", {.services = many}).find(": s, s, s, s, s, s, s, s, s, s and 15 more"));
}

TEST(Denial, TellsStrangersOfNoService) {
  EXPECT_EQ("Not Found: there is no endpoint at '/github/mpc'; with a token this answer says which there are",
            not_found_text("/github/mpc", {}));
}

}  // namespace
}  // namespace gateway::frontend
