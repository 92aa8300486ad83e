#include "gateway/config/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using namespace std::string_literals;
using fakes::errors_of;
using fakes::first_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kWanted = R"(; expected JSON such as {"mcpServers": {"NAME": {"command": "...", "args": [...]}}})";

TEST(ConfigText, SaysThatThereIsNothing) {
  for (auto const* const text : {"", "  \n\t\n", "// a remark\n", "/* a */ /* b"}) {
    EXPECT_EQ("the file: it is empty"s + kWanted, first_error(text)) << text;
  }
}

TEST(ConfigText, KnowsUtf16WithAndWithoutItsMark) {
  std::string const json = R"({"mcpServers": {}})";
  std::string little;
  for (char const c : json) little += {c, '\0'};
  std::string big;
  for (char const c : json) big += {'\0', c};

  for (auto const& text : {"\xFF\xFE"s + little, "\xFE\xFF"s + big, little, big}) {
    EXPECT_EQ("the file: it is UTF-16; expected UTF-8: save it again as UTF-8", first_error(text));
  }
}

TEST(ConfigText, KnowsWhatIsNoText) {
  EXPECT_THAT(first_error("\x7F"
                          "ELF\x02\x01\x01\0\0\0"s),
              StartsWith("the file: it is no text but a binary file; expected JSON"));
}

TEST(ConfigText, NamesYaml) {
  for (auto const* const text : {"mcpServers:\n  a:\n    command: x\n", "# a remark\n---\na: 1\n", "- a\n- b\n",
                                 "mcp:\n  port: 3000\n", "mcp_servers: {a: {url: x}}"}) {
    EXPECT_EQ("the file: it looks like YAML"s + kWanted, first_error(text)) << text;
  }
}

TEST(ConfigText, NamesToml) {
  for (auto const* const text :
       {"[mcp_servers.github]\ncommand = \"npx\"\n", "[[backends]]\nname = 'a'\n", "model = \"o3\"\n"}) {
    EXPECT_EQ("the file: it looks like TOML"s + kWanted, first_error(text)) << text;
  }
}

TEST(ConfigText, NamesPagesAndScripts) {
  EXPECT_THAT(first_error("<!DOCTYPE html>\n<html>"), StartsWith("the file: it looks like HTML or XML;"));
  EXPECT_THAT(first_error("#!/usr/bin/env node\nconsole.log(1)"),
              StartsWith("the file: it is a script, and a server's command stands behind --;"));
}

TEST(ConfigText, NamesMarkdownAndJavaScript) {
  EXPECT_THAT(first_error("```json\n{\"mcpServers\": {}}\n```\n"),
              StartsWith("the file: it starts with a Markdown fence (```); remove the fence lines;"));
  EXPECT_THAT(first_error("export default {mcpServers: {}}"), StartsWith("the file: it looks like JavaScript;"));
}

TEST(ConfigText, SaysWhichWordOfAnotherLanguageStandsForAValue) {
  EXPECT_EQ("line 2: expected true, found True",
            first_error("{\"mcpServers\": {\"a\": {\"command\": \"x\",\n \"disabled\": True}}}"));
  EXPECT_EQ("line 1: expected null, found None",
            first_error(R"({"mcpServers": {"a": {"command": "x", "cwd": None}}})"));
}

TEST(ConfigText, SaysThatAValueHasNoQuotesAndDoesNotShowIt) {
  EXPECT_EQ("line 1: expected a string in double quotes, found a bare word",
            first_error(R"({"mcpServers": {"a": {"command": "x", "env": {"TOKEN": ghp_secret}}}})"));
  EXPECT_EQ("line 1: expected a string in double quotes, found a bare word",
            first_error(R"({"mcpServers": {"a": {"args": ["x", y]}}})"));
}

TEST(ConfigText, KnowsAPieceOfAFile) {
  EXPECT_THAT(first_error(R"("mcpServers": {"a": {"command": "x"}})"),
              StartsWith("the file: the braces { } around the whole are missing;"));
}

TEST(ConfigText, SaysWhereQuotesAreWrong) {
  EXPECT_EQ("line 2: expected double quotes around keys and texts, found single quotes",
            first_error("{\n  'mcpServers': {}\n}"));
  EXPECT_EQ("line 1: expected double quotes around keys and texts, found single quotes",
            first_error(R"({"mcpServers": {"a": {"command": 'x'}}})"));
  EXPECT_EQ("line 3: expected keys in double quotes, found command without",
            first_error("{\"mcpServers\": {\n \"a\": { // it's\n  command: \"x\"}}}"));
  EXPECT_EQ("line 1: expected the straight quotes \" of a keyboard, found typographic ones",
            first_error("{\xE2\x80\x9CmcpServers\xE2\x80\x9D: {}}"));
}

TEST(ConfigText, LeavesQuotesInTextsAndCommentsAlone) {
  EXPECT_TRUE(
      errors_of("{ // it's 'quoted'\n \"mcpServers\": {\"a\": {\"command\": \"it's\", \"args\": [\"a: 'b'\"]}}}")
          .empty());
  EXPECT_EQ("line 1, column 38: not valid JSON: unexpected end of input; expected ',' or '}'",
            first_error("{\"mcpServers\": {\"a\": {\"command\": \"x'\""));
}

TEST(ConfigText, SaysThatACommaMayBeMissing) {
  EXPECT_EQ("line 1, column 31: not valid JSON: unexpected string literal; expected ',' or ']'",
            first_error(R"({"a": ["x", "y", {"z": ["1" "2"]}]})"));
}

}  // namespace
}  // namespace gateway::config
