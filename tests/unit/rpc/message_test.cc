#include "gateway/rpc/message.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gateway::rpc {
namespace {

using namespace std::string_literals;

Message readable(std::string_view text) {
  auto read = read_client_message(text);
  if (auto* const message = std::get_if<Message>(&read)) return std::move(*message);
  ADD_FAILURE() << text << ": " << std::get<Unreadable>(read).why;
  return {};
}

struct Refused {
  ErrorCode code = ErrorCode::InternalError;
  std::string why;
  std::string id;
};

Refused refused(std::string_view text) {
  auto const read = read_client_message(text);
  auto const* const unreadable = std::get_if<Unreadable>(&read);
  if (unreadable == nullptr) return {ErrorCode::InternalError, "it was accepted", ""};
  return {unreadable->code, std::string(unreadable->why), std::string(unreadable->id)};
}

std::string request_with_id(std::string_view id) {
  return R"({"jsonrpc":"2.0","method":"ping","id":)" + std::string(id) + "}";
}

TEST(ClientMessage, ReadsARequest) {
  std::string const text = R"( { "params":{"a":[1]}, "id":7 , "method":"tools/call","jsonrpc":"2.0" })";
  auto const message = readable(text);
  EXPECT_EQ(MessageKind::Request, message.kind);
  EXPECT_EQ("7", message.id);
  EXPECT_EQ("tools/call", message.method);
  EXPECT_EQ(R"({"a":[1]})", message.params);
}

TEST(ClientMessage, ReadsANotificationAndBothAnswers) {
  EXPECT_EQ(MessageKind::Notification, readable(R"({"jsonrpc":"2.0","method":"x"})").kind);
  auto const result = readable(R"({"jsonrpc":"2.0","id":1,"result":null})");
  EXPECT_EQ(MessageKind::Response, result.kind);
  EXPECT_EQ("null", result.result);
  auto const error = readable(R"({"jsonrpc":"2.0","id":"a","error":{"code":-1,"message":""}})");
  EXPECT_EQ(MessageKind::Response, error.kind);
  EXPECT_EQ(R"({"code":-1,"message":""})", error.error);
}

TEST(ClientMessage, KeepsIdsByteForByte) {
  for (auto const* const id : {"0", "-1", "-0", "9007199254740993", "18446744073709551616", R"("")", R"("1")",
                               R"("a\u0041\n")", R"("\ud800")", "\"\xE2\x82\xAC\""}) {
    auto const text = request_with_id(id);
    EXPECT_EQ(id, readable(text).id);
  }
}

TEST(ClientMessage, RefusesIdsThatAreNeitherStringNorInteger) {
  for (auto const* const id : {"null", "true", "1e3", "1.5", "1.01", "1e0", "{}", "[]", "[1]"}) {
    auto const answer = refused(request_with_id(id));
    EXPECT_EQ(ErrorCode::InvalidRequest, answer.code) << id;
    EXPECT_EQ("id must be a string or an integer", answer.why) << id;
    EXPECT_EQ("", answer.id) << id;
  }
}

TEST(ClientMessage, RefusesIdsTooLongToCarry) {
  auto const longest = "\"" + std::string(1022, 'x') + "\"";
  EXPECT_EQ(longest, readable(request_with_id(longest)).id);
  EXPECT_EQ(ErrorCode::InvalidRequest, refused(request_with_id("\"x" + longest.substr(1))).code);
  EXPECT_EQ(ErrorCode::InvalidRequest, refused(request_with_id(std::string(1025, '1'))).code);
}

TEST(ClientMessage, NamesWhatIsWrongAndWhoAsked) {
  struct {
    std::string text;
    ErrorCode code;
    std::string why, id;
  } const cases[] = {
      {"", ErrorCode::ParseError, "the body is not valid JSON", ""},
      {"{\"jsonrpc\":", ErrorCode::ParseError, "the body is not valid JSON", ""},
      {"{\"a\":\"\xFF\"}", ErrorCode::ParseError, "the body is not valid UTF-8", ""},
      {std::string(200, '['), ErrorCode::ParseError, "the JSON is nested more than 128 levels deep", ""},
      {"[]", ErrorCode::InvalidRequest, "expected one JSON-RPC message, an object", ""},
      {"\"{}\"", ErrorCode::InvalidRequest, "expected one JSON-RPC message, an object", ""},
      {"null", ErrorCode::InvalidRequest, "expected one JSON-RPC message, an object", ""},
      {R"({"id":1,"method":"x"})", ErrorCode::InvalidRequest, "jsonrpc must be \"2.0\"", "1"},
      {R"({"jsonrpc":2.0,"id":1,"method":"x"})", ErrorCode::InvalidRequest, "jsonrpc must be \"2.0\"", "1"},
      {R"({"jsonrpc":"1.0","id":1,"method":"x"})", ErrorCode::InvalidRequest, "jsonrpc must be \"2.0\"", "1"},
      {R"({"jsonrpc":"2\u002e0","id":1,"method":"x"})", ErrorCode::InvalidRequest, "jsonrpc must be \"2.0\"", "1"},
      {R"({"jsonrpc":"2.0"})", ErrorCode::InvalidRequest, "neither a method nor an answer to one", ""},
      {R"({"jsonrpc":"2.0","result":1})", ErrorCode::InvalidRequest, "neither a method nor an answer to one", ""},
      {R"({"jsonrpc":"2.0","id":1})", ErrorCode::InvalidRequest, "an answer holds either result or error", "1"},
      {R"({"jsonrpc":"2.0","id":1,"result":1,"error":{}})", ErrorCode::InvalidRequest,
       "an answer holds either result or error", "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"x","result":1})", ErrorCode::InvalidRequest,
       "a request holds no result or error", "1"},
      {R"({"jsonrpc":"2.0","method":"x","error":{}})", ErrorCode::InvalidRequest, "a request holds no result or error",
       ""},
      {R"({"jsonrpc":"2.0","id":1,"method":5})", ErrorCode::InvalidRequest, "method must be a short string", "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":null})", ErrorCode::InvalidRequest, "an answer holds either result or error",
       "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":null})", ErrorCode::InvalidRequest, "an answer holds either result or error",
       "1"},
      {R"({"jsonrpc":"2.0","id":null,"result":{}})", ErrorCode::InvalidRequest, "id must be a string or an integer",
       ""},
      {R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(255, 'x') + "\"}", ErrorCode::InvalidRequest,
       "method must be a short string", "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"x","params":[1]})", ErrorCode::InvalidRequest, "params must be an object",
       "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"x","params":[[]]})", ErrorCode::InvalidRequest, "params must be an object",
       "1"},
      {R"({"jsonrpc":"2.0","id":"q","method":"x","params":"{}"})", ErrorCode::InvalidRequest,
       "params must be an object", "\"q\""},
  };
  for (auto const& [text, code, why, id] : cases) {
    auto const answer = refused(text);
    EXPECT_EQ(code, answer.code) << text;
    EXPECT_EQ(why, answer.why) << text;
    EXPECT_EQ(id, answer.id) << text;
  }
}

TEST(ClientMessage, RefusesDoubledAndDisguisedMembers) {
  for (auto const* const member :
       {R"("id":2)", R"("method":"y")", R"("params":{})", R"("params":null)", R"("jsonrpc":"2.0")", R"("ID":2)",
        R"("Method":"y")", R"("JSONRPC":"2.0")", R"("rEsUlT":1)", R"("Error":{})", R"("i\u0064":2)",
        R"("meth\u006Fd":"y")", R"("harmless\n":1)"}) {
    auto const text = R"({"jsonrpc":"2.0","id":1,"method":"x","params":{},)"s + member + "}";
    EXPECT_EQ("a member of the message is doubled or misspelled", refused(text).why) << member;
  }
}

TEST(ClientMessage, LetsMembersItDoesNotKnowPass) {
  auto const message = readable(R"({"jsonrpc":"2.0","id":1,"x-trace":"t","method":"ping","x-trace":"t","éé":{}})");
  EXPECT_EQ("ping", message.method);
}

TEST(ClientMessage, ResolvesTheEscapesOfAMethod) {
  EXPECT_EQ("tools/call", readable(R"({"jsonrpc":"2.0","id":1,"method":"tools\/c\u0061ll"})").method);
  EXPECT_EQ("a\"\n\\", readable(R"({"jsonrpc":"2.0","id":1,"method":"a\"\n\\"})").method);
}

TEST(ClientMessage, TakesNullAndAnArrayOfNothingForNoParams) {
  for (auto const* const params : {"null", "[]", "[ \t\n]"}) {
    auto const text = R"({"jsonrpc":"2.0","id":1,"method":"x","params":)"s + params + "}";
    EXPECT_EQ("", readable(text).params) << params;
  }
  EXPECT_EQ("", readable(R"({"jsonrpc":"2.0","method":"x","params":null})").params);
}

TEST(ClientMessage, TakesNullForWhatIsNotThere) {
  EXPECT_EQ(MessageKind::Request, readable(R"({"jsonrpc":"2.0","id":1,"method":"x","result":null,"error":null})").kind);
  auto const result = readable(R"({"jsonrpc":"2.0","id":1,"method":null,"result":{"a":1},"error":null})");
  EXPECT_EQ(MessageKind::Response, result.kind);
  EXPECT_EQ(R"({"a":1})", result.result);
  EXPECT_EQ("", result.error);
  auto const error = readable(R"({"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1}})");
  EXPECT_EQ("", error.result);
  EXPECT_EQ(R"({"code":1})", error.error);
}

TEST(ClientMessage, TakesAnIdOfNullForNoneInANotificationAlone) {
  EXPECT_EQ(MessageKind::Notification,
            readable(R"({"jsonrpc":"2.0","id":null,"method":"notifications/initialized"})").kind);
  EXPECT_EQ("id must be a string or an integer", refused(R"({"jsonrpc":"2.0","id":null,"method":"ping"})").why);
}

TEST(ClientMessage, TakesAWholeNumberWithAPoint) {
  for (auto const& [id, plain] : {std::pair{"1.0", "1"}, {"-7.000", "-7"}, {"0.0", "0"}})
    EXPECT_EQ(plain, readable(request_with_id(id)).id);
  EXPECT_EQ(R"("1.0")", readable(request_with_id(R"("1.0")")).id);
}

TEST(Batch, IsAnArrayWhateverItHolds) {
  EXPECT_TRUE(is_batch(" \r\n[broken"));
  EXPECT_FALSE(is_batch("{}"));
  EXPECT_FALSE(is_batch(""));
}

TEST(ChildLine, ReadsEveryKind) {
  auto const answer = read_child_line(R"({"jsonrpc":"2.0","id":12,"result":{"a":1}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(MessageKind::Response, answer->kind);
  EXPECT_EQ("12", answer->id);
  EXPECT_EQ(R"({"a":1})", answer->result);
  EXPECT_EQ(MessageKind::Request, read_child_line(R"({"jsonrpc":"2.0","id":"c","method":"ping"})")->kind);
  EXPECT_EQ(MessageKind::Notification, read_child_line(" \t{\"jsonrpc\":\"2.0\",\"method\":\"x\"} \r")->kind);
  EXPECT_EQ(R"({"code":1})", read_child_line(R"({"jsonrpc":"2.0","id":null,"error":{"code":1}})")->error);
}

TEST(ChildLine, TakesNullForWhatIsNotThere) {
  auto const result = read_child_line(R"({"jsonrpc":"2.0","id":1,"result":{"a":1},"error":null,"method":null})");
  ASSERT_TRUE(result);
  EXPECT_EQ(R"({"a":1})", result->result);
  EXPECT_EQ("", result->error);
  auto const error = read_child_line(R"({"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1}})");
  ASSERT_TRUE(error);
  EXPECT_EQ("", error->result);
  EXPECT_EQ("null", read_child_line(R"({"jsonrpc":"2.0","id":1,"result":null,"error":null})")->result);
  EXPECT_FALSE(read_child_line(R"({"jsonrpc":"2.0","id":1,"error":null})"));

  auto const note = read_child_line(R"({"jsonrpc":"2.0","id":null,"method":"notifications/x","params":null})");
  EXPECT_EQ(MessageKind::Notification, note->kind);
  EXPECT_EQ("", note->params);
  EXPECT_EQ("", read_child_line(R"({"jsonrpc":"2.0","method":"x","params":[ ]})")->params);
  auto const ask = read_child_line(R"({"jsonrpc":"2.0","id":null,"method":"ping"})");
  EXPECT_EQ(MessageKind::Request, ask->kind);
}

TEST(ChildLine, MayHoldBothAResultAndAnError) {
  auto const both = read_child_line(R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}})");
  ASSERT_TRUE(both);
  EXPECT_EQ(R"({"code":1})", both->error);
}

TEST(ChildLine, TakesTheLastOfDoubledMembers) {
  EXPECT_EQ("2", read_child_line(R"({"jsonrpc":"2.0","id":1,"result":{},"id":2,"ID":3})")->id);
}

TEST(ChildLine, DoesNotJudgeWhatIsWithinAValue) {
  EXPECT_EQ("{\"a\":\"\xFF\",b}",
            read_child_line("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"\xFF\",b}}")->result);
}

TEST(ChildLine, IsNothingWhenItIsNoMessage) {
  for (auto const& line : {""s, " "s, "Listening on stdio"s, "{}"s, "[1]"s, "{\"jsonrpc\":\"2.0\"}"s,
                           R"({"jsonrpc":"2.0","id":1})"s, R"({"jsonrpc":"1.0","id":1,"result":1})"s,
                           R"({"jsonrpc":"2.0","id":1,"result":)"s, R"({"jsonrpc":"2.0","id":1,"result":{})"s,
                           R"({"jsonrpc":"2.0","id":1,"result":1} x)"s, R"({"jsonrpc":"2.0","id":1,"error":"no"})"s,
                           R"({"jsonrpc":"2.0","id":1,"result":1}{"jsonrpc":"2.0","id":2,"result":1})"s,
                           R"({"level":"info","msg":"started"})"s, "\0"s}) {
    EXPECT_FALSE(read_child_line(line)) << line;
  }
}

TEST(IdNumber, ReadsNumbersAndTheirDecimalStrings) {
  EXPECT_EQ(42U, id_number("42"));
  EXPECT_EQ(42U, id_number("\"42\""));
  EXPECT_EQ(42U, id_number("42.0"));
  EXPECT_EQ(42U, id_number("42.000"));
  EXPECT_EQ(18446744073709551615U, id_number("18446744073709551615"));
  for (auto const* const id : {"", "\"\"", "\"", "-1", "+1", "1.5", "1.", "1.0.0", ".0", "\"1.0\"", "1e3", "null",
                               "\"a\"", "\" 1\"", "18446744073709551616", "{}", "42x"}) {
    EXPECT_EQ(std::nullopt, id_number(id)) << id;
  }
}

}  // namespace
}  // namespace gateway::rpc
