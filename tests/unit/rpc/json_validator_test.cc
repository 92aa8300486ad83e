#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/rpc/json_validator.h"

namespace gateway::rpc {

void PrintTo(JsonFault fault, std::ostream* out) {
  *out << (fault == JsonFault::Malformed ? "Malformed" : fault == JsonFault::TooDeep ? "TooDeep" : "BadUtf8");
}

namespace {

using namespace std::string_literals;
using enum JsonFault;

std::string nested(int depth, char open, char close) {
  auto const levels = static_cast<std::size_t>(depth);
  return std::string(levels, open) + std::string(levels, close);
}

std::string in_quotes(std::string_view content) { return "\"" + std::string(content) + "\""; }

TEST(JsonValidate, AcceptsEveryKindOfValue) {
  std::vector<std::string> const texts{
      "{}",
      "[]",
      "\"\"",
      "0",
      "true",
      "false",
      "null",
      R"({"a":{"b":[1,"x",null,true,{}]},"":[]})",
      "[[],[[]],{}]",
      " \t\r\n{ \"a\" :\r\n 1 , \"b\":[ ] }\n",
      R"({"a":1,"a":2})",
  };
  for (auto const& text : texts) EXPECT_EQ(std::nullopt, validate(text)) << text;
}

TEST(JsonValidate, AcceptsEveryNumberOfTheGrammar) {
  for (auto const* const text : {"0", "-0", "7", "-12", "10", "0.5", "-0.0", "1e5", "1E+5", "1e-05", "0e0", "1.25e300",
                                 "123456789012345678901234567890", "1e999999999", "-1.0000000000000000000001"}) {
    EXPECT_EQ(std::nullopt, validate(text)) << text;
  }
}

TEST(JsonValidate, RefusesWhatOnlyLooksLikeANumber) {
  for (auto const* const text :
       {"-",   "+1",    "01",   "-01",   "00",  "1.",  ".5",       "-.5",       "1.e5", "1e",  "1e+",
        "1e-", "1e+-1", "0x10", "1_000", "1,0", "NaN", "Infinity", "-Infinity", "1a",   "--1", "1.2.3"}) {
    EXPECT_EQ(Malformed, validate(text)) << text;
    EXPECT_EQ(Malformed, validate("[" + std::string(text) + "]" + "]")) << text;
  }
}

TEST(JsonValidate, RefusesWhatIsNotOneValue) {
  for (auto const& text :
       {""s,       " "s,       "{"s,     "}"s,     "["s,          "]"s,     "[1"s,    "[1,"s,
        "[1,]"s,   "[,1]"s,    "[1 2]"s, "[1}"s,   "{]"s,         "{} {}"s, "1 2"s,   "[]]"s,
        "{}x"s,    "'a'"s,     "tru"s,   "truex"s, "True"s,       "nul"s,   "nulll"s, "undefined"s,
        "//c\n1"s, "[1]/**/"s, "\v1"s,   "\f1"s,   "\xC2\xA0[]"s, "1\0"s,   "\0"s,    "\xEF\xBB\xBF{}"s}) {
    EXPECT_EQ(Malformed, validate(text)) << text;
  }
}

TEST(JsonValidate, RefusesBrokenObjects) {
  for (auto const* const text : {R"({"a"})", R"({"a":})", R"({"a":1,})", R"({,"a":1})", R"({"a" 1})", R"({a:1})",
                                 R"({1:1})", R"({null:1})", R"({"a":1 "b":2})", R"({"a"::1})", R"({"a":1:2})",
                                 R"({"a":1,,"b":2})", R"({"a":1]})", R"({"a":"b)", R"({"a)", R"({"a\":1})"}) {
    EXPECT_EQ(Malformed, validate(text)) << text;
  }
}

TEST(JsonValidate, AcceptsEveryEscapeAndNoOther) {
  EXPECT_EQ(std::nullopt, validate(R"("\" \\ \/ \b \f \n \r \t \u0000 \u12aB \uFFFF")"));
  for (auto const* const content : {"\\", "\\a", "\\x41", "\\'", "\\0", "\\U0041", "\\u", "\\u1", "\\u12", "\\u123",
                                    "\\u123g", "\\u 123", "\\u+123", "\\u-001", "\\\n"}) {
    EXPECT_EQ(Malformed, validate(in_quotes(content))) << content;
  }
}

TEST(JsonValidate, LeavesLoneSurrogateEscapesToWhoeverReadsTheText) {
  EXPECT_EQ(std::nullopt, validate(R"(["\ud800", "\udc00\ud800", "\ud83d\ude00"])"));
}

TEST(JsonValidate, RefusesEveryRawControlInAString) {
  for (int code = 0; code < 0x20; ++code) {
    EXPECT_EQ(Malformed, validate(in_quotes("ab" + std::string(1, static_cast<char>(code))))) << code;
  }
  EXPECT_EQ(std::nullopt, validate("\"\x7f\""));
}

TEST(JsonValidate, RefusesWhatIsNotUtf8) {
  for (auto const* const bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_EQ(BadUtf8, validate(in_quotes(bytes)));
    EXPECT_EQ(BadUtf8, validate("{\"" + std::string(bytes) + "\":1}"));
  }
}

TEST(JsonValidate, AcceptsTheBordersOfUtf8) {
  EXPECT_EQ(std::nullopt, validate(in_quotes("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
                                             "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")));
}

TEST(JsonValidate, AllowsTheDeepestNestingAndNotOneLevelMore) {
  EXPECT_EQ(std::nullopt, validate(nested(kMaxDepth, '[', ']')));
  EXPECT_EQ(TooDeep, validate(nested(kMaxDepth + 1, '[', ']')));
  EXPECT_EQ(TooDeep, validate(std::string(1'000'000, '[')));

  std::string objects = "1";
  for (int i = 0; i < kMaxDepth; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_EQ(std::nullopt, validate(objects));
  EXPECT_EQ(TooDeep, validate("[" + objects + "]"));
}

TEST(JsonValidate, CountsLevelsNotBrackets) {
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += "[[]],";
  EXPECT_EQ(std::nullopt, validate(many + "0]"));
  EXPECT_EQ(std::nullopt, validate(in_quotes(std::string(1000, '['))));
}

/// The finders take sixteen bytes a step: each byte must be seen wherever it stands in a step.
TEST(JsonValidate, SeesABadByteAtEveryPlaceOfALongString) {
  for (std::size_t length = 1; length <= 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string content(length, 'x');
      content[at] = '\x1f';
      EXPECT_EQ(Malformed, validate(in_quotes(content))) << at << " of " << length;
      content[at] = '\xff';
      EXPECT_EQ(BadUtf8, validate(in_quotes(content))) << at << " of " << length;
      content[at] = '"';
      EXPECT_EQ(Malformed, validate(in_quotes(content))) << at << " of " << length;
    }
  }
}

TEST(JsonValidate, NeverReadsPastTheEnd) {
  std::string const text = R"({"k\u0041":["v",-1.5e+3,true,false,null,{"é":"\ud83d\ude00"}]})";
  ASSERT_EQ(std::nullopt, validate(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    std::vector<char> const exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(std::nullopt, validate({exact.data(), exact.size()})) << length;
  }
}

}  // namespace
}  // namespace gateway::rpc
