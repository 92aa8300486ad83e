#include "gateway/mcp/param_headers.h"

#include <gtest/gtest.h>

#include <map>

namespace gateway::mcp {
namespace {

constexpr std::string_view kSchema = R"({"type":"object","properties":{
  "region":{"type":"string","x-mcp-header":"Region"},
  "count":{"type":"integer","x-mcp-header":"Count"},
  "dry":{"type":"boolean","x-mcp-header":"Dry"},
  "where":{"type":"object","properties":{"zone":{"type":"string","x-mcp-header":"Zone"}}},
  "list":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"Never"}}}},
  "ratio":{"type":"number","x-mcp-header":"Ratio"},
  "bad":{"type":"string","x-mcp-header":"not a token"},
  "plain":{"type":"string"}}})";

using Fields = std::map<std::string, std::string, std::less<>>;

bool fits(std::string_view arguments, Fields const& fields) {
  auto const headers = param_headers(kSchema);
  return !mismatch(headers, arguments, [&](std::string_view name) -> HeaderValue {
    auto const found = fields.find(name);
    return found == fields.end() ? HeaderValue{} : HeaderValue{std::string_view(found->second)};
  });
}

TEST(ParamHeaders, AreThoseOfAnnotatedPropertiesThatAHeaderCanHold) {
  auto const headers = param_headers(kSchema);
  ASSERT_EQ(4, headers.size());
  EXPECT_EQ("mcp-param-region", headers[0].field);
  EXPECT_EQ("mcp-param-zone", headers[3].field);
  EXPECT_EQ((std::vector<std::string>{"where", "zone"}), headers[3].path);
}

TEST(ParamHeaders, AgreeWithTheirArguments) {
  EXPECT_TRUE(fits(R"({"region":"eu"})", {{"mcp-param-region", "eu"}}));
  EXPECT_TRUE(fits(R"({"region":"\u00e9"})", {{"mcp-param-region", "=?base64?w6k=?="}}));
  EXPECT_TRUE(fits(R"({"where":{"zone":"a"}})", {{"mcp-param-zone", "a"}}));
  EXPECT_TRUE(fits(R"({"dry":true})", {{"mcp-param-dry", "true"}}));
  EXPECT_FALSE(fits(R"({"region":"eu"})", {{"mcp-param-region", "us"}}));
  EXPECT_FALSE(fits(R"({"dry":true})", {{"mcp-param-dry", "True"}}));
  EXPECT_FALSE(fits(R"({"region":"eu"})", {{"mcp-param-region", "=?base64?w6k?="}}));
}

TEST(ParamHeaders, CompareIntegersAsNumbers) {
  EXPECT_TRUE(fits(R"({"count":42})", {{"mcp-param-count", "42.0"}}));
  EXPECT_TRUE(fits(R"({"count":42.0})", {{"mcp-param-count", "42"}}));
  EXPECT_FALSE(fits(R"({"count":42})", {{"mcp-param-count", "43"}}));
  EXPECT_FALSE(fits(R"({"count":42})", {{"mcp-param-count", "many"}}));
  EXPECT_FALSE(fits(R"({"count":9007199254740993})", {{"mcp-param-count", "9007199254740992"}}));
}

TEST(ParamHeaders, AreAbsentWhereTheArgumentIs) {
  EXPECT_TRUE(fits("{}", {}));
  EXPECT_TRUE(fits("", {}));
  EXPECT_TRUE(fits(R"({"region":null,"where":7,"plain":"x"})", {}));
  EXPECT_FALSE(fits(R"({"region":"eu"})", {}));
  EXPECT_FALSE(fits(R"({"region":null})", {{"mcp-param-region", "eu"}}));
  EXPECT_FALSE(fits("{}", {{"mcp-param-count", "1"}}));
}

TEST(ParamHeaders, OfNoArgumentAreIgnored) {
  EXPECT_TRUE(fits(R"({"plain":"x"})", {{"mcp-param-plain", "y"}, {"mcp-param-else", "z"}, {"mcp-param-ratio", "1"}}));
}

TEST(ParamHeaders, SurviveASchemaWithoutBottom) {
  std::string schema;
  for (auto i = 0; i < 100; ++i) schema += R"({"properties":{"a":)";
  schema += R"({"type":"string","x-mcp-header":"Deep"})";
  for (auto i = 0; i < 100; ++i) schema += "}}";
  EXPECT_TRUE(param_headers(schema).empty());
}

}  // namespace
}  // namespace gateway::mcp
