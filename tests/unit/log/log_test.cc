#include "gateway/log/log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::log {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::string_literals;

std::string line(LogFields fields, Form format = Form::Json, std::string_view message = "a message") {
  return format_log_line(format, config::LogLevel::Warn, "2025-01-01T00:00:00.000000Z", "some.event", message, fields);
}

std::string every_byte() {
  std::string all;
  for (int code = 0; code < 256; ++code) all.push_back(static_cast<char>(code));
  return all;
}

TEST(LogLine, SaysWhenAndWhatInAFixedOrder) {
  EXPECT_EQ(R"({"ts":"2025-01-01T00:00:00.000000Z","level":"warn","event":"some.event","msg":"a message"})", line({}));
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
  auto const json = line({{"field", text}}, Form::Json, text);
  ASSERT_TRUE(Json::accept(json));
  EXPECT_EQ(std::string::npos, json.find_first_of("\r\n"));
  EXPECT_EQ(text.substr(0, 0x80), Json::parse(json)["field"].get<std::string>().substr(0, 0x80));
}

TEST(LogLine, IsCutWhereItWouldBeLongerThan16KiBAndSaysSo) {
  for (auto const byte : {'x', '\x01', '"', '\xff'}) {
    std::string const text(40'000, byte);
    auto const json = line({{"first", text}, {"n", 7}, {"second", text}});
    EXPECT_LE(json.size(), 16U * 1024);
    auto const parsed = Json::parse(json);
    EXPECT_TRUE(parsed["truncated"].get<bool>());
    EXPECT_EQ(7, parsed["n"]);
    EXPECT_LT(1000U, parsed["first"].get<std::string>().size());
  }
  EXPECT_FALSE(Json::parse(line({{"text", std::string(2000, 'x')}})).contains("truncated"));
}

TEST(LogLine, IsColouredForATerminalOnly) {
  auto const in = [](Form form) {
    return format_log_line(form, config::LogLevel::Warn, "now", "some.event", "a message", {{"n", 1}});
  };
  EXPECT_NE(std::string::npos, in(Form::ColouredText).find("\x1b[33mwarn"));
  EXPECT_TRUE(in(Form::ColouredText).ends_with("n=\x1b[0m1"));
  EXPECT_EQ(std::string::npos, in(Form::Text).find('\x1b'));
  EXPECT_EQ(std::string::npos, in(Form::Json).find('\x1b'));
}

TEST(LogLine, HasNoTimeAndNoLevelForAReceiverThatAddsThem) {
  EXPECT_EQ("some.event: a message  k=\"v w\"  n=1", line({{"k", "v w"}, {"n", 1}, {"empty", ""}}, Form::BareText));
}

TEST(LogLine, IsFieldsAndAMessageForTheJournal) {
  EXPECT_EQ("MCP_EVENT=some.event\nMCP_ERR_KIND=v w\nMCP_N=1\nMESSAGE=some.event: a message  err.kind=\"v w\"  n=1",
            line({{"err.kind", "v w"}, {"n", 1}, {"empty", ""}}, Form::Journal));
}

TEST(LogLine, CannotForgeAFieldOfTheJournal) {
  auto const fields = line({{"k", "v\nMCP_EVENT=forged"}}, Form::Journal, "a\nMCP_EVENT=forged");
  EXPECT_EQ("MCP_EVENT=some.event\nMCP_K\n" + "\x12\0\0\0\0\0\0\0"s + "v\nMCP_EVENT=forged\n" +
                R"(MESSAGE=some.event: a MCP_EVENT=forged  k="v\nMCP_EVENT=forged")",
            fields);
}

TEST(LogLine, HasRoomForTheLongestValuesInEveryForm) {
  std::string const controls(7000, '\x01');
  for (auto const form : {Form::Json, Form::Text, Form::ColouredText, Form::BareText, Form::Journal}) {
    EXPECT_LE(line({{"a", controls}, {"b", controls}, {"c", "\n"}, {"d", 1}}, form).size(), 16U * 1024);
  }
}

TEST(LogLine, IsOneLineForPeopleToo) {
  auto const text = line({{"field", every_byte()}, {"n", 1}}, Form::Text);
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
            line({{"k", "v w"}, {"n", 1}, {"empty", ""}}, Form::Text));
}

TEST(LogRecord, IsTheLineItsMembersGiveAsAList) {
  auto const hostile = every_byte();
  ByteQueue record;
  append_json_record<"some.event", "a message">(
      record, "2025-01-01T00:00:00.000000Z", R"(,"last":1)", member<"text">(std::string_view(hostile)),
      member<"label">(Label{"tools/call"}), member<"none">(std::string_view{}), member<"no_label">(Label{}),
      member<"zero">(0), member<"big">(std::numeric_limits<std::uint64_t>::max()), member<"ms">(-1.5),
      member<"absent">(std::optional<double>{}), member<"present">(std::optional<double>{2}),
      member<"took_ms">(Duration(std::chrono::microseconds(-12'034))));
  auto const list =
      format_log_line(Form::Json, config::LogLevel::Info, "2025-01-01T00:00:00.000000Z", "some.event", "a message",
                      {{"text", hostile},
                       {"label", "tools/call"},
                       {"zero", 0},
                       {"big", std::numeric_limits<std::uint64_t>::max()},
                       {"ms", -1.5},
                       {"present", 2.0},
                       {"took_ms", -12.034},
                       {"last", 1}});
  EXPECT_EQ(list, record.view());
}

TEST(LogRecord, HasRoomForTheLongestValues) {
  std::string const controls(100'000, '\x01');
  ByteQueue record;
  append_json_record<"e", "m">(record, "t", {}, member<"a">(std::string_view(controls)),
                               member<"b">(std::string_view(controls)),
                               member<"n">(std::numeric_limits<std::int64_t>::min()), member<"d">(-999999999999999.0));
  EXPECT_TRUE(Json::accept(record.view()));
}

TEST(LogRecord, HasTheSameMembersForPeople) {
  EXPECT_EQ(
      line({{"text", "t"}, {"label", "l"}, {"present", 2.0}}, Form::Text),
      line({as_field(member<"text">(std::string_view("t"))), as_field(member<"label">(Label{"l"})),
            as_field(member<"absent">(std::optional<double>{})), as_field(member<"present">(std::optional<double>{2}))},
           Form::Text));
}

/// Keeps the lines it is handed.
class LinesSink final : public LogSink {
 public:
  [[nodiscard]] std::vector<Wanted> wanted() const override { return {Wanted{}}; }
  void write(LogPiece& piece) override {
    lines += piece.bytes.view();
    piece.clear();
  }
  std::string lines;
};

TEST(LogRecord, HasTheTimeOfTheFirstRecordOfItsIteration) {
  LinesSink sink;
  Log log({}, {.version = "1", .instance_id = "i"}, sink);
  constexpr std::size_t kRecords = 1000;  // some microseconds apart
  for (std::size_t i = 0; i < kRecords; ++i) log.record<"e", "m">(member<"n">(Label{"x"}));
  log.end_turn(TimePoint{});
  for (std::size_t i = 0; i < kRecords; ++i) log.record<"e", "m">(member<"n">(Label{"x"}));
  log.flush();

  std::vector<std::string> times;
  for (std::string_view rest = sink.lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    times.push_back(Json::parse(rest.substr(0, rest.find('\n'))).at("ts"));
  }
  ASSERT_EQ(2 * kRecords, times.size());
  EXPECT_EQ(times.front(), times[kRecords - 1]);
  EXPECT_LT(times[kRecords - 1], times[kRecords]);
  EXPECT_EQ(times[kRecords], times.back());
}

}  // namespace
}  // namespace gateway::log
