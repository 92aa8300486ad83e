#include "gateway/base/trace_context.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace gateway {
namespace {

using namespace std::string_literals;

constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string with(std::size_t at, char c) {
  std::string text(kGood);
  text[at] = c;
  return text;
}

TEST(Traceparent, IsReadAndWrittenAsItCame) {
  auto const context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(0x4bf92f3577b34da6U, context->trace.high);
  EXPECT_EQ(0xa3ce929d0e0e4736U, context->trace.low);
  EXPECT_EQ(SpanId{0x00f067aa0ba902b7}, context->span);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(kGood, traceparent(*context));
}

TEST(Traceparent, SaysByItsLowestFlagWhetherItIsRecorded) {
  EXPECT_FALSE(parse_traceparent(with(54, '0'))->sampled);
  EXPECT_FALSE(parse_traceparent(with(54, '2'))->sampled);
  EXPECT_TRUE(parse_traceparent(with(54, '3'))->sampled);
}

TEST(Traceparent, OfAnotherLengthIsNone) {
  for (std::size_t size = 0; size < kGood.size(); ++size)
    EXPECT_FALSE(parse_traceparent(kGood.substr(0, size))) << size;
  EXPECT_FALSE(parse_traceparent(std::string(kGood) + "0"));
  EXPECT_FALSE(parse_traceparent(std::string(kGood) + "-00"));
}

TEST(Traceparent, OfALaterVersionMayHaveMoreBehindADash) {
  EXPECT_TRUE(parse_traceparent(with(1, '1')));
  EXPECT_TRUE(parse_traceparent(with(1, '1') + "-what-comes"));
  EXPECT_FALSE(parse_traceparent(with(1, '1') + "0"));
  EXPECT_FALSE(parse_traceparent("ff" + std::string(kGood.substr(2))));
}

TEST(Traceparent, WithAnythingButLowerCaseHexAndDashesIsNone) {
  for (std::size_t at = 0; at < kGood.size(); ++at) {
    for (char const c : {'G', 'A', ' ', '-', '\0', '\xff', '_'}) {
      if (c == kGood[at]) continue;
      EXPECT_FALSE(parse_traceparent(with(at, c))) << at << ' ' << c;
    }
  }
}

TEST(Traceparent, WithAnIdOfZerosIsNone) {
  EXPECT_FALSE(parse_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_TRUE(parse_traceparent("00-00000000000000000000000000000001-0000000000000001-00"));
}

TEST(Tracestate, TravelsWhenItIsShortAndPlain) {
  EXPECT_TRUE(is_tracestate("vendor=value,other@x=1"));
  EXPECT_TRUE(is_tracestate(std::string(512, 'a')));
  for (auto const& text : {""s, std::string(513, 'a'), "a=\"b\""s, "a\\b"s, "a\nb"s, "\xc3\xa4"s})
    EXPECT_FALSE(is_tracestate(text));
}

TEST(Parentage, IsTheMessagesWhereItNamesOneAndTheRequestBecomesALink) {
  TraceContext const message{{1, 2}, SpanId{3}, true};
  TraceContext const request{{4, 5}, SpanId{6}, true};
  EXPECT_EQ(message, choose_parent(message, request).parent);
  EXPECT_EQ(request, choose_parent(message, request).link);
  EXPECT_FALSE(choose_parent(message, std::nullopt).link);
  EXPECT_EQ(request, choose_parent(std::nullopt, request).parent);
  EXPECT_FALSE(choose_parent(std::nullopt, request).link);
  EXPECT_FALSE(choose_parent(std::nullopt, std::nullopt).parent);
}

TEST(Sampling, TakesAllOrNothingWhereItIsTold) {
  for (auto const random : {std::uint64_t{0}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_EQ(0U, passing_by(1, random));
    EXPECT_EQ(~std::uint64_t{0}, passing_by(0, random));
  }
}

TEST(Sampling, TakesThePartItIsTold) {
  std::mt19937_64 numbers;
  for (auto const ratio : {0.001, 0.05, 0.5, 0.9}) {
    constexpr auto kTaken = 20'000;
    auto passed = 0.0;
    for (int i = 0; i < kTaken; ++i) passed += static_cast<double>(passing_by(ratio, numbers()));
    EXPECT_NEAR(ratio, kTaken / (kTaken + passed), ratio * 0.03);
  }
}

}  // namespace
}  // namespace gateway
