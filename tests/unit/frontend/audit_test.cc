#include "gateway/frontend/audit.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace gateway::frontend {
namespace {

using Json = nlohmann::json;

TEST(ShapeOfArguments, NamesKeysKindsAndSizesAndNoValue) {
  auto const text = shape_of_arguments(
      R"({"path":"/etc/passwd","deep":{"a":"hunter22"},"list":[1,2],"n":12,"yes":true,"none":null})");
  auto const shape = Json::parse(text);
  EXPECT_EQ(6, shape["members"]);
  EXPECT_EQ((Json{{"kind", "string"}, {"bytes", 13}}), shape["keys"]["path"]);
  EXPECT_EQ("object", shape["keys"]["deep"]["kind"]);
  EXPECT_EQ("array", shape["keys"]["list"]["kind"]);
  EXPECT_EQ("number", shape["keys"]["n"]["kind"]);
  EXPECT_EQ("boolean", shape["keys"]["yes"]["kind"]);
  EXPECT_EQ("null", shape["keys"]["none"]["kind"]);
  for (std::string const value : {"passwd", "hunter22", "12,"})
    EXPECT_EQ(std::string::npos, text.find("\"" + value)) << value;
  EXPECT_EQ(64U, shape["sha256"].get<std::string>().size());
}

TEST(ShapeOfArguments, TellsEqualArgumentsFromOthersByTheirHash) {
  auto const hash = [](std::string const& arguments) { return Json::parse(shape_of_arguments(arguments))["sha256"]; };
  EXPECT_EQ(hash(R"({"a":1})"), hash(R"({"a":1})"));
  EXPECT_NE(hash(R"({"a":1})"), hash(R"({"a":2})"));
}

TEST(ShapeOfArguments, IsWholeJsonWhateverTheyAre) {
  for (std::string const arguments : {"", "{}", "[]", "7", R"("text")", R"({"":1})"})
    EXPECT_TRUE(Json::accept(shape_of_arguments(arguments))) << arguments;
}

TEST(ShapeOfArguments, NamesAFewOfManyMembersAndCutsLongKeys) {
  Json arguments = Json::object();
  for (int i = 0; i < 100; ++i) arguments[std::to_string(i) + std::string(200, 'k')] = i;
  auto const shape = Json::parse(shape_of_arguments(arguments.dump()));
  EXPECT_EQ(100, shape["members"]);
  EXPECT_EQ(32U, shape["keys"].size());
  for (auto const& [key, value] : shape["keys"].items()) EXPECT_LE(key.size(), 64U);
}

}  // namespace
}  // namespace gateway::frontend
