#include "gateway/backend/probe_verdict.h"

#include <gtest/gtest.h>

namespace gateway::backend {
namespace {

config::ProbeConfig tool_expecting(config::ExpectConfig expect) {
  return {.tool = "health", .expect = std::move(expect)};
}

std::string text_result(std::string_view text, std::string_view more = "") {
  return fmt::format(R"({{"content":[{{"type":"text","text":"{}"}}]{}}})", text, more);
}

TEST(ProbeVerdict, IsGoodWhenNothingIsExpectedAndTheToolDidNotFail) {
  EXPECT_EQ("", fault_of_result(tool_expecting({}), text_result("x")));
  EXPECT_EQ("", fault_of_result(tool_expecting({}), text_result("x", R"(,"isError":false)")));
  EXPECT_EQ("the tool failed: no database",
            fault_of_result(tool_expecting({}), text_result("no database", R"(,"isError":true)")));
  EXPECT_EQ("the tool failed: it did not say why", fault_of_result(tool_expecting({}), R"({"isError":true})"));
}

TEST(ProbeVerdict, LooksForTextsInEveryBlock) {
  auto const probe = tool_expecting({.contains = "/srv", .absent = "Error:"});

  EXPECT_EQ("", fault_of_result(probe, text_result("Allowed directories:\\n/srv")));
  EXPECT_EQ("", fault_of_result(probe, R"({"content":[{"text":"a"},{"type":"image"},{"text":"/srv/x"}]})"));
  EXPECT_EQ("its answer does not contain '/srv'", fault_of_result(probe, text_result("Allowed directories:")));
  EXPECT_EQ("its answer contains 'Error:'", fault_of_result(probe, text_result("/srv Error: x")));
  EXPECT_EQ("its answer does not contain '/srv'", fault_of_result(probe, R"({"content":[],"other":"/srv"})"));
}

TEST(ProbeVerdict, PointsIntoStructuredContentOrElseIntoTheFirstText) {
  auto const probe = tool_expecting({.json = {{"/success", "true"}, {"/data/0/n", "1"}}});

  EXPECT_EQ("", fault_of_result(probe, R"({"structuredContent":{"success":true,"data":[{"n":1.0}]}})"));
  EXPECT_EQ("", fault_of_result(probe, text_result(R"({\"success\":true,\"data\":[{\"n\":1}]})")));
  EXPECT_EQ("/success is false, expected true",
            fault_of_result(probe, text_result(R"({\"success\":false,\"data\":[{\"n\":1}]})")));
  EXPECT_EQ("its answer has no /data/0/n", fault_of_result(probe, R"({"structuredContent":{"success":true}})"));
  EXPECT_EQ("its answer has no /data/0/n", fault_of_result(probe, text_result("not JSON")));
}

TEST(ProbeVerdict, ComparesWholeValues) {
  auto const probe = tool_expecting({.json = {{"", R"({"a":[1,{"b":null}]})"}}});

  EXPECT_EQ("", fault_of_result(probe, R"({"structuredContent":{"a":[1,{"b":null}]}})"));
  EXPECT_EQ(R"( is {"a":[1]}, expected {"a":[1,{"b":null}]})",
            fault_of_result(probe, R"({"structuredContent":{"a":[1]}})"));
}

TEST(ProbeVerdict, OfAMethodLooksAtTheWholeResult) {
  config::ProbeConfig const probe{.method = "tools/list",
                                  .expect = {.contains = "echo", .json = {{"/tools/0/name", R"("echo")"}}}};

  EXPECT_EQ("", fault_of_result(probe, R"({"tools":[{"name":"echo"}],"isError":true})"));
  EXPECT_EQ("its answer does not contain 'echo'", fault_of_result(probe, R"({"tools":[]})"));
}

/// Copying and comparing such a tree would need more stack than there is.
TEST(ProbeVerdict, TakesNoAnswerThatIsVeryDeep) {
  auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  auto const probe = tool_expecting({.json = {{"/x", "1"}}});
  auto const result = [](std::string const& x) {
    return fmt::format(R"({{"structuredContent":{{"x":1,"y":{}}}}})", x);
  };

  EXPECT_EQ("", fault_of_result(probe, result(nested(60))));
  EXPECT_EQ("its answer is no JSON object", fault_of_result(probe, result(nested(400'000))));
  EXPECT_EQ("its answer has no /x", fault_of_result(probe, text_result(nested(400'000))));
  EXPECT_EQ("it answered with an error",
            fault_of_error(fmt::format(R"({{"message":"x","data":{}}})", nested(400'000))));
}

TEST(ProbeVerdict, OfAnErrorIsItsMessage) {
  EXPECT_EQ("it answered with an error: no such tool", fault_of_error(R"({"code":-1,"message":"no such tool"})"));
  for (auto const* const odd : {"", "x", "7", R"({"message":7})"})
    EXPECT_EQ("it answered with an error", fault_of_error(odd));
}

TEST(ProbeVerdict, HoldsWhateverTheChildSent) {
  auto const probe =
      tool_expecting({.contains = "x", .json = {{"/a/-1/99999999999999999999", "1"}, {"/a~", "1"}, {"b", "2"}}});
  for (std::string const& odd :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string(R"({"content":7})"),
        std::string(R"({"content":[7,{"text":7},{"text":"x"}],"structuredContent":[]})"),
        std::string(R"({"isError":1,"content":{"text":"x"}})"), std::string(100'000, '['),
        std::string("{\"a\":\"\xff\"}"),
        std::string(R"({"content":[{"text":"x"}],"structuredContent":{"a":[1,2]}})")}) {
    EXPECT_NE("", fault_of_result(probe, odd)) << odd.substr(0, 80);
    EXPECT_NE("", fault_of_error(odd));
  }
  EXPECT_EQ("its answer is too large to be judged", fault_of_result(probe, std::string(2 * config::kMiB, ' ')));
}

TEST(ProbeVerdict, ShowsTheBeginningOfALongAnswerOnOneLine) {
  auto const fault =
      fault_of_result(tool_expecting({}), text_result("a\\nb" + std::string(1000, 'x'), R"(,"isError":true)"));

  EXPECT_EQ(0U, fault.find("the tool failed: a bxxx"));
  EXPECT_LT(fault.size(), 250U);
}

}  // namespace
}  // namespace gateway::backend
