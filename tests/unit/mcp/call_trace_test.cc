#include "gateway/mcp/call_trace.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gateway::mcp {
namespace {

constexpr std::string_view kContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string traced(std::string_view params, OwnState own = OwnState::Replace, std::string_view state = "v=1") {
  return with_trace(params, "TP", own, state);
}

TEST(MetaTrace, IsReadWithItsEscapes) {
  auto const found = read_meta_trace(
      R"({"a":1,"trace\u0070arent":"00\u002d4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"a=\"b"})");
  EXPECT_EQ(kContext, found.traceparent);
  EXPECT_EQ("a=\"b", found.tracestate);
}

TEST(MetaTrace, IsEmptyWhereItIsNoTextOrNotThere) {
  EXPECT_EQ("", read_meta_trace(R"({"traceparent":12,"tracestate":null})").traceparent);
  EXPECT_EQ("", read_meta_trace("{}").traceparent);
  EXPECT_EQ("", read_meta_trace("7").traceparent);
}

TEST(WithTrace, MakesParamsAndMetaWhereTheyAreMissing) {
  EXPECT_EQ(R"({"_meta":{"traceparent":"TP","tracestate":"v=1"}})", traced(""));
  EXPECT_EQ(R"({"_meta":{"traceparent":"TP"}})", traced("{}", OwnState::Replace, ""));
  EXPECT_EQ(R"({"name":"x","arguments":{"_meta":{}},"_meta":{"traceparent":"TP","tracestate":"v=1"}})",
            traced(R"({"name":"x","arguments":{"_meta":{}}})"));
}

TEST(WithTrace, LeavesEveryOtherMemberByteForByte) {
  EXPECT_EQ(
      R"({"_meta":{"progressToken":"é\u00e9","x.y/z":{"a":[1, 2]},"traceparent":"TP","tracestate":"v=1"},"a":1e5})",
      traced(R"({"_meta":{"progressToken":"é\u00e9","x.y/z":{"a":[1, 2]}},"a":1e5})"));
}

TEST(WithTrace, ReplacesAContextThatIsThereHoweverItsKeyIsSpelled) {
  EXPECT_EQ(R"({"_meta":{"traceparent":"TP","tracestate":"v=1"}})",
            traced(R"({"_meta":{"trace\u0070arent":"old","tracestate":"of=old"}})"));
}

TEST(WithTrace, KeepsTheStateOfTheClientsOwnContext) {
  EXPECT_EQ(R"({"_meta":{"tracestate":"own=1","traceparent":"TP"}})",
            traced(R"({"_meta":{"tracestate":"own=1","traceparent":"old"}})", OwnState::Keep));
}

TEST(WithTrace, LeavesAloneWhatIsNoObject) {
  EXPECT_EQ("[1,2]", traced("[1,2]"));
  EXPECT_EQ(R"({"a":1,"_meta":7})", traced(R"({"a":1,"_meta":7})"));
}

}  // namespace
}  // namespace gateway::mcp
