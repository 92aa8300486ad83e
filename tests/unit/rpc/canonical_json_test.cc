#include "gateway/rpc/canonical_json.h"

#include <gtest/gtest.h>

namespace gateway::rpc {
namespace {

TEST(CanonicalJson, IsTheSameForTextsThatMeanTheSame) {
  auto const expected = R"({"a":[1,{"b":null,"c":"é\n"}],"z":{}})";
  EXPECT_EQ(expected, canonical_json(R"({"a":[1,{"b":null,"c":"é\n"}],"z":{}})"));
  EXPECT_EQ(expected, canonical_json(" {\"z\" : { },\n\"\\u0061\": [ 1 , {\"c\":\"\\u00e9\\u000a\", \"b\" : null}]} "));
}

TEST(CanonicalJson, IsAnotherForTextsThatMeanSomethingElse) {
  EXPECT_NE(canonical_json("[1,2]"), canonical_json("[2,1]"));
  EXPECT_NE(canonical_json(R"({"a":"1"})"), canonical_json(R"({"a":1})"));
  EXPECT_NE(canonical_json(R"({"a":null})"), canonical_json("{}"));
}

TEST(CanonicalJson, IsNotThereForWhatReadersDisagreeOn) {
  EXPECT_FALSE(canonical_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(canonical_json(R"({"a":1,"\u0061":1})"));
  EXPECT_FALSE(canonical_json(R"([{"x":{"a":1,"a":1}}])"));
  EXPECT_FALSE(canonical_json(""));
  EXPECT_FALSE(canonical_json("{"));
  EXPECT_FALSE(canonical_json("{} {}"));
  EXPECT_FALSE(canonical_json(std::string(1000, '[')));
}

}  // namespace
}  // namespace gateway::rpc
