#include "gateway/ops/log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace gateway::ops {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::string_literals;

std::string line(LogFields fields, LogFormat format = LogFormat::Json,
                 std::string_view message = "a message") {
  return format_log_line(format, LogLevel::Warn, "2025-01-01T00:00:00.000000Z", "some.event", message,
                         fields);
}

std::string every_byte() {
  std::string all;
  for (int code = 0; code < 256; ++code) all.push_back(static_cast<char>(code));
  return all;
}

TEST(LogLine, SaysWhenAndWhatInAFixedOrder) {
  EXPECT_EQ(R"({"ts":"2025-01-01T00:00:00.000000Z","level":"warn","event":"some.event","msg":"a message"})",
            line({}));
}

TEST(LogLine, KeepsTheKindOfEachValue) {
  EXPECT_EQ(R"(,"text":"t","yes":true,"no":false,"int":-1,"big":18446744073709551615,"ms":1.500})",
            line({{"text", "t"},
                  {"yes", true},
                  {"no", false},
                  {"int", std::int64_t{-1}},
                  {"big", std::numeric_limits<std::uint64_t>::max()},
                  {"ms", 1.5}})
                .substr(line({}).size() - 1));
}

TEST(LogLine, LeavesEmptyTextsOutAndNothingElse) {
  EXPECT_EQ(line({{"zero", 0}, {"no", false}}), line({{"a", ""}, {"zero", 0}, {"b", ""s}, {"no", false}}));
}

TEST(LogLine, IsOneLineOfValidJsonWhateverTheTextsHold) {
  auto const text = every_byte();
  auto const json = line({{"field", text}}, LogFormat::Json, text);
  ASSERT_TRUE(Json::accept(json));
  EXPECT_EQ(std::string::npos, json.find_first_of("\r\n"));
  EXPECT_EQ(text.substr(0, 0x80), Json::parse(json)["field"].get<std::string>().substr(0, 0x80));
}

TEST(LogLine, IsOneLineForPeopleToo) {
  auto const text = line({{"field", every_byte()}, {"n", 1}}, LogFormat::Text);
  EXPECT_EQ(std::string::npos, text.find_first_of("\r\n\x1b"));
}

TEST(LogLine, IsValidJsonForEveryNumber) {
  for (auto const number : {0.0, -0.0, 1e300, -1e-300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_TRUE(Json::accept(line({{"n", number}}))) << number;
  }
}

TEST(LogLine, CutsALongFieldWithoutBreakingItsUtf8) {
  std::string text;
  while (text.size() < 100'000) text += "x\xF0\x9F\x98\x80";
  auto const json = line({{"field", text}, {"after", 1}});
  ASSERT_TRUE(Json::accept(json));
  EXPECT_LT(json.size(), 9000U);
  EXPECT_EQ(1, Json::parse(json)["after"]);
}

TEST(LogLine, IsReadableAsText) {
  EXPECT_EQ("2025-01-01T00:00:00.000000Z warn  some.event         a message  k=\"v w\"  n=1",
            line({{"k", "v w"}, {"n", 1}, {"empty", ""}}, LogFormat::Text));
}

}  // namespace
}  // namespace gateway::ops
