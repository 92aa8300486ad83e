#include <gmock/gmock.h>

#include "gateway/config/reader.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<Config, ConfigErrors> read_sandboxed(std::string const& sandbox) {
  return read_config(R"({"mcpServers": {"s": {"command": "c", "sandbox": )" + sandbox + "}}}", process_environment());
}

SandboxConfig sandbox_of(std::string const& text) {
  auto const result = read_sandboxed(text);
  auto const* const config = std::get_if<Config>(&result);
  if (config == nullptr || !config->services.at(0).sandbox) {
    ADD_FAILURE() << text;
    return {};
  }
  return *config->services.at(0).sandbox;
}

TEST(SandboxInAFile, IsAnObjectOrTheNameOfAPreset) {
  EXPECT_EQ(SandboxConfig{}, sandbox_of("{}"));
  EXPECT_EQ(*sandbox_preset("fetch"), sandbox_of(R"("fetch")"));
  EXPECT_EQ(*sandbox_preset("fetch"), sandbox_of(R"({"preset": "fetch"})"));
}

TEST(SandboxInAFile, AddsPathsToAPresetsAndReplacesTheRest) {
  auto const sandbox = sandbox_of(
      R"({"preset": "playwright", "write": ["/srv/out", "/tmp"], "connect_ports": ["8080"], "optional": []})");
  EXPECT_THAT(sandbox.write, ElementsAre("/tmp", "/dev/shm", "/srv/out"));
  EXPECT_THAT(*sandbox.connect_ports, ElementsAre(8080));
  EXPECT_TRUE(sandbox.optional.empty());
  EXPECT_TRUE(sandbox.user_namespaces);
}

TEST(SandboxInAFile, TellsNoPortsFromAnyPort) {
  EXPECT_FALSE(sandbox_of("{}").connect_ports.has_value());
  EXPECT_TRUE(sandbox_of(R"({"connect_ports": []})").connect_ports->empty());
  EXPECT_FALSE(sandbox_of(R"({"preset": "fetch", "connect_ports": "any"})").connect_ports.has_value());
}

TEST(SandboxInAFile, IsMissingWithoutTheKey) {
  auto const result = read_config(R"({"mcpServers": {"s": {"command": "c"}}})", process_environment());
  EXPECT_FALSE(std::get<Config>(result).services.at(0).sandbox);
}

TEST(SandboxInAFile, TakesUsersButNotRoot) {
  for (auto const* const user : {"mcp", "www-data", "1000", "1000:100", "a.b_c"})
    EXPECT_TRUE(is_sandbox_user(user)) << user;
  for (auto const* const user : {"", "root", "0", "00", "0:5", "a:b", "1000:", ":5", "a b", "4294967296", "-1"})
    EXPECT_FALSE(is_sandbox_user(user)) << user;
}

TEST(SandboxInAFile, OfAnotherProgramIsNoted) {
  for (auto const* const text : {"true", R"({"filesystem": {"allowWrite": []}})"}) {
    auto const result = read_sandboxed(text);
    auto const& config = std::get<Config>(result);
    EXPECT_FALSE(config.services.at(0).sandbox);
    ASSERT_EQ(1u, config.warnings.size());
    EXPECT_THAT(config.warnings[0].what, HasSubstr("another program's"));
  }
}

}  // namespace
}  // namespace gateway::config
