#include "gateway/imports/yaml.h"

#include <gtest/gtest.h>

namespace gateway::imports {
namespace {

std::string json_of(std::string_view text) {
  config::ConfigReport report;
  auto const tree = parse_yaml(text, report);
  if (!report.errors.empty()) return report.errors.front().path + ": " + report.errors.front().what;
  return tree ? tree->dump() : "nothing";
}

TEST(Yaml, IsReadAsTheJsonItStandsFor) {
  EXPECT_EQ(R"({"a":{"b":[1,"two"],"c":{}}})", json_of("a:\n  b:\n  - 1\n  - two\n  c: {}\n"));
  EXPECT_EQ(R"({"a":"one two\n","b":"x\ny\n"})", json_of("a: >\n  one\n  two\nb: |\n  x\n  y\n"));
}

TEST(Yaml, KnowsNumbersAndBooleansButNotTheWordsOfItsFirstVersions) {
  EXPECT_EQ(R"({"a":true,"b":"yes","c":-3,"d":1.5,"e":null,"f":"007","g":"1"})",
            json_of("{a: true, b: yes, c: -3, d: 1.5, e: , f: 007, g: '1'}"));
}

TEST(Yaml, SaysWhereItIsWrong) {
  EXPECT_EQ("line 2, column 1: not valid YAML: did not find expected ',' or ']'", json_of("a: [1\n"));
  EXPECT_EQ("line 2, column 1: this key stands twice", json_of("a: 1\na: 2\n"));
  EXPECT_EQ("line 1, column 4: expected a value, found an anchor or alias of YAML; write out what it stands for",
            json_of("a: &x 1\nb: *x\n"));
  EXPECT_EQ("line 1, column 1: expected a word as a key", json_of("[a, b]: 1\n"));
  EXPECT_EQ("the file: expected keys such as mcp_servers: at its top", json_of("- a\n"));
}

TEST(Yaml, IsOneDocument) {
  EXPECT_EQ("line 2, column 1: expected one document, found another; give it a file of its own",
            json_of("a: 1\n---\nb: 2\n"));
  EXPECT_EQ(R"({"a":1})", json_of("%YAML 1.2\n---\na: 1\n...\n"));
  EXPECT_TRUE(looks_like_yaml("%YAML 1.2\n---\na: 1\n"));
}

TEST(Yaml, HasALimitedDepth) {
  std::string deep = "a: ";
  for (int i = 0; i < 1000; ++i) deep += '[';
  EXPECT_NE(std::string::npos, json_of(deep).find("expected at most 32 levels of nesting"));
}

TEST(Yaml, IsToldFromJson) {
  EXPECT_TRUE(looks_like_yaml("# remark\na: 1"));
  EXPECT_TRUE(looks_like_yaml("---\na: 1"));
  EXPECT_TRUE(looks_like_yaml("- a\n"));
  EXPECT_TRUE(looks_like_yaml("mcp_servers:\n"));
  EXPECT_FALSE(looks_like_yaml("// remark\n{\"a\": 1}"));
  EXPECT_FALSE(looks_like_yaml("  {\"a\": 1}"));
  EXPECT_FALSE(looks_like_yaml("[1]"));
  EXPECT_FALSE(looks_like_yaml(""));
  EXPECT_FALSE(looks_like_yaml("/"));
}

}  // namespace
}  // namespace gateway::imports
