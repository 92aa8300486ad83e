#include "gateway/config/foreign.h"

#include <gtest/gtest.h>

#include "gateway/config/needs.h"
#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using fakes::errors_of;
using fakes::first_error;
using fakes::good;

/// A file with one good service `ours` and this entry as `theirs`.
std::string beside(std::string_view entry) {
  return fmt::format(R"({{"mcpServers": {{"ours": {{"command": "prog"}}, "theirs": {}}}}})", entry);
}

ServiceConfig theirs(std::string_view entry) {
  auto const config = good(beside(entry));
  EXPECT_EQ(2U, config.services.size()) << entry;
  EXPECT_TRUE(config.services.at(0).available());
  return config.services.back();
}

std::vector<std::string> notes(std::string_view entry) {
  std::vector<std::string> lines;
  for (auto const& warning : good(beside(entry)).warnings) lines.push_back(warning.path + ": " + warning.what);
  return lines;
}

TEST(ConfigForeign, TakesTheUrlOfARemoteServerUnderEachNameForIt) {
  for (auto const* const key : {"url", "serverUrl", "httpUrl"}) {
    auto const service = theirs(fmt::format(R"({{"{}": "https://x/mcp", "headers": {{"a": "b"}}}})", key));
    EXPECT_TRUE(service.available());
    EXPECT_EQ("https://x/mcp", service.url);
    EXPECT_EQ("b", service.headers.at("a").reveal());
  }
  EXPECT_EQ(RemoteTransport::Http, theirs(R"({"httpUrl": "https://x"})").transport);
}

TEST(ConfigForeign, TakesTheTransportUnderEachWordForIt) {
  for (auto const* const type : {"http", "Streamable-HTTP", "streamable_http", "streamableHttp"})
    EXPECT_EQ(RemoteTransport::Http, theirs(fmt::format(R"({{"type": "{}", "url": "https://x"}})", type)).transport);
  EXPECT_EQ(RemoteTransport::Sse, theirs(R"({"transportType": "sse", "url": "https://x"})").transport);
  EXPECT_EQ(RemoteTransport::Auto, theirs(R"({"type": "remote", "url": "https://x"})").transport);
}

TEST(ConfigForeign, SaysWhyARemoteServerIsNotServed) {
  EXPECT_NE(std::string::npos,
            why_unavailable(theirs(R"({"type": "http"})")).find("of the type 'http', and has no url"));
  EXPECT_NE(std::string::npos, why_unavailable(theirs(R"({"type": "ws", "url": "wss://x"})")).find("of the type 'ws'"));
  EXPECT_NE(std::string::npos, why_unavailable(theirs(R"({"url": "ftp://x"})")).find("expected a URL such as"));
}

TEST(ConfigForeign, TakesUpARemoteServerThatIsDisabled) {
  auto const config = good(beside(R"({"url": "https://x", "disabled": true})"));
  EXPECT_EQ(2U, config.services.size());
  EXPECT_TRUE(config.services.back().disabled);
}

TEST(ConfigForeign, TakesProgramsUnderEachWordForThem) {
  for (auto const* const type : {"stdio", "STDIO", "local"}) {
    EXPECT_TRUE(theirs(fmt::format(R"({{"type": "{}", "command": "x"}})", type)).available()) << type;
  }
  EXPECT_TRUE(theirs(R"({"command": "x", "url": ""})").available());
  EXPECT_TRUE(theirs(R"({"type": "stdio", "command": "x", "url": "https://x"})").available());
}

TEST(ConfigForeign, UnderstandsOtherWaysToWriteACommand) {
  auto const list = theirs(R"({"type": "local", "command": ["npx", "-y", "pkg"], "environment": {"A": "1"}})");
  EXPECT_EQ("npx", list.command);
  EXPECT_EQ((std::vector<std::string>{"-y", "pkg"}), list.args);
  EXPECT_EQ("1", list.env.at("A").reveal());

  auto const object = theirs(R"({"command": {"path": "npx", "args": ["-y"], "env": {"A": "1"}}, "settings": {}})");
  EXPECT_EQ("npx", object.command);
  EXPECT_EQ(std::vector<std::string>{"-y"}, object.args);
  EXPECT_EQ("1", object.env.at("A").reveal());

  auto const other = theirs(R"({"cmd": "npx", "working_directory": "/tmp", "isActive": false})");
  EXPECT_EQ("npx", other.command);
  EXPECT_EQ("/tmp", other.cwd);
  EXPECT_TRUE(other.disabled);
}

TEST(ConfigForeign, KeepsOurWordWhereBothAreThere) {
  EXPECT_EQ("ours", theirs(R"({"command": "ours", "cmd": "theirs"})").command);
  EXPECT_EQ(std::vector<std::string>{"mcpServers.theirs.cmd: Ignored: command is there too."},
            notes(R"({"command": "ours", "cmd": "theirs"})"));
}

TEST(ConfigForeign, NotesKeysOfOtherProgramsAndRefusesMistypedOnesOfOurs) {
  EXPECT_EQ((std::vector<std::string>{"mcpServers.theirs.autoApprove: Ignored: approval is the client's.",
                                      "mcpServers.theirs.whoKnows: Ignored: mcp-gateway has no such key."}),
            notes(R"({"command": "x", "autoApprove": [], "whoKnows": 1, "_remark": 2, "//": 3})"));
  EXPECT_EQ("mcpServers.theirs: unknown key 'isolatoin'; did you mean 'isolation'?",
            first_error(beside(R"({"command": "x", "isolatoin": "session"})")));
  EXPECT_EQ("mcpServers.theirs.restart: unknown key 'whoKnows'",
            first_error(beside(R"({"command": "x", "restart": {"whoKnows": 1}})")));
}

TEST(ConfigForeign, LeavesAnEntryOutThatSaysInOtherWordsWhatItStarts) {
  EXPECT_EQ("not started; it has no command; expected \"command\": \"PROGRAM\" and \"args\": [...], or \"url\"",
            why_unavailable(theirs(R"({"source": "extension", "settings": {}})")));
  EXPECT_EQ("mcpServers.theirs: expected the key 'command', which is missing", first_error(beside("{}")));
}

TEST(ConfigForeign, NotesAVariableThatIsWrittenAsElsewhere) {
  EXPECT_EQ(
      (std::vector<std::string>{
          "mcpServers.theirs.args[0]: Passed verbatim; write ${NAME} for an environment variable.",
          "mcpServers.theirs.env.A: Passed verbatim; write ${NAME} for an environment variable."}),
      notes(R"({"command": "x", "args": ["$DATA_DIR", "$HOME/x"], "env": {"A": "Bearer {env:KEY}", "B": "$ecret"}})"));
}

TEST(ConfigForeign, SaysNotesBesideErrors) {
  auto const result =
      read_config(beside(R"({"command": "x", "autoApprove": [], "max_calls": 0})"), fakes::environment_with({}));

  auto const& wrong = std::get<ConfigErrors>(result);
  EXPECT_EQ(1U, wrong.errors.size());
  EXPECT_EQ("mcpServers.theirs.autoApprove", wrong.notes.at(0).path);
}

}  // namespace
}  // namespace gateway::config
