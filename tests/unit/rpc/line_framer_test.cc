#include "gateway/rpc/line_framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::rpc {
namespace {

using namespace std::string_literals;

struct Cut {
  std::string text;
  bool oversized = false;
  std::string back = {};
  bool operator==(Cut const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Cut const& cut) {
  return out << '"' << cut.text << '"' << (cut.oversized ? " oversized to " + cut.back : "");
}

void feed(LineFramer& framer, std::string_view bytes, std::vector<Cut>& lines) {
  LineFramer::Line line;
  while (framer.next(bytes, line) == LineFramer::Verdict::Line)
    lines.push_back({std::string(line.text), line.oversized, std::string(line.back)});
  EXPECT_TRUE(bytes.empty());
}

std::vector<Cut> cut(std::string_view bytes, std::size_t piece = std::string::npos, std::size_t max_line = 1000) {
  LineFramer framer(max_line);
  std::vector<Cut> lines;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size()))
    feed(framer, bytes.substr(at, piece), lines);
  return lines;
}

TEST(LineFramer, GivesEachLineWithoutItsEnd) {
  EXPECT_EQ((std::vector<Cut>{{"one"}, {""}, {"two"}}), cut("one\n\ntwo\nunfinished"));
}

TEST(LineFramer, DropsOneCarriageReturnBeforeTheEnd) {
  EXPECT_EQ((std::vector<Cut>{{"a"}, {""}, {"b\r"}, {"c\rd"}}), cut("a\r\n\r\nb\r\r\nc\rd\n"));
}

TEST(LineFramer, DropsAByteOrderMarkBeforeTheFirstLineAlone) {
  EXPECT_EQ((std::vector<Cut>{{"a"},
                              {"\xEF\xBB\xBF"
                               "b"}}),
            cut("\xEF\xBB\xBF"
                "a\n\xEF\xBB\xBF"
                "b\n"));
  EXPECT_EQ((std::vector<Cut>{{""}, {"a"}}), cut("\xEF\xBB\xBF\na\n"));
}

TEST(LineFramer, GivesWhatStandsBehindTheLastLineEndWhenAsked) {
  LineFramer framer(1000);
  LineFramer::Line line;
  std::vector<Cut> lines;
  EXPECT_FALSE(framer.last(line));
  feed(framer, "one\ntwo", lines);
  ASSERT_TRUE(framer.last(line));
  EXPECT_EQ("two", line.text);
  EXPECT_FALSE(framer.last(line));
  feed(framer, "thr", lines);
  feed(framer, "ee\n", lines);
  EXPECT_FALSE(framer.last(line));
}

TEST(LineFramer, TakesNulAndAnyByte) { EXPECT_EQ((std::vector<Cut>{{"a\0b\xFF"s}}), cut("a\0b\xFF\n"s)); }

TEST(LineFramer, CutsTheSameInAnyPieces) {
  auto const bytes =
      "\xEF\xBB\xBF"
      "first\r\n\nthird\n" +
      std::string(30, 'x') + "\n" + std::string(900, 'y') + "\r\nlast\n";
  for (std::size_t const max_line : {10U, 30U, 600U, 1000U}) {
    auto const whole = cut(bytes, bytes.size(), max_line);
    for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
      ASSERT_EQ(whole, cut(bytes, piece, max_line)) << piece << " with " << max_line;
    }
  }
}

TEST(LineFramer, GivesOnlyTheEndsOfALineOverItsLimit) {
  auto const front = std::string(LineFramer::kFrontBytes, 'x');
  auto const back = std::string(LineFramer::kBackBytes, 'y');
  EXPECT_EQ((std::vector<Cut>{{front, true, back}, {"next"}}),
            cut(front + "tail" + std::string(1000, 'y') + "\nnext\n"));
}

TEST(LineFramer, CountsNoLineEndAsTheBackOfALine) {
  auto const lines = cut(std::string(2000, 'x') + R"(,"id":7})" + "\r\n");
  ASSERT_EQ(1U, lines.size());
  EXPECT_TRUE(lines[0].back.ends_with(R"(,"id":7})"));
}

TEST(LineFramer, TakesALineOfExactlyItsLimit) {
  EXPECT_EQ((std::vector<Cut>{{"12345"}}), cut("12345\n", 3, 5));
  EXPECT_EQ((std::vector<Cut>{{"123456", true, "123456"}}), cut("123456\n", 3, 5));
}

TEST(LineFramer, TellsTheLengthOfALineOfWhichItGivesTheEndsOnly) {
  for (std::size_t const piece : {1U, 7U, 600U, 100'000U}) {
    LineFramer framer(1000);
    LineFramer::Line line;
    auto const bytes = std::string(50'000, 'x') + "\nshort\n";
    std::vector<std::size_t> lengths;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      auto rest = std::string_view(bytes).substr(at, piece);
      while (framer.next(rest, line) == LineFramer::Verdict::Line) lengths.push_back(line.bytes);
    }
    EXPECT_EQ((std::vector<std::size_t>{50'000, 5}), lengths) << piece;
  }
}

TEST(LineFramer, KeepsNothingOfWhatItSkips) {
  LineFramer framer(1000);
  std::vector<Cut> lines;
  for (int i = 0; i < 1000; ++i) feed(framer, std::string(10'000, 'z'), lines);
  EXPECT_TRUE(lines.empty());
  feed(framer, "\nafter\n", lines);
  ASSERT_EQ(2U, lines.size());
  EXPECT_EQ(LineFramer::kFrontBytes, lines[0].text.size());
  EXPECT_EQ((Cut{"after"}), lines[1]);
}

TEST(LineFramer, GivesAWholeLineWhereItLies) {
  LineFramer framer(1000);
  std::string const bytes = "here\n";
  std::string_view rest = bytes;
  LineFramer::Line line;
  ASSERT_EQ(LineFramer::Verdict::Line, framer.next(rest, line));
  EXPECT_EQ(bytes.data(), line.text.data());
}

}  // namespace
}  // namespace gateway::rpc
