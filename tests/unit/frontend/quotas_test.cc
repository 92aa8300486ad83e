#include "gateway/frontend/quotas.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gateway::frontend {
namespace {

using config::QuotaConfig;
using config::QuotaEach;

TimePoint at(Duration since) { return TimePoint{} + std::chrono::hours{1} + since; }
Quotas::Request const kAnn{.principal = "ann", .service = "one", .tool = "get"};

std::string taken(Quotas& quotas, Quotas::Request const& request, TimePoint now) {
  auto const result = quotas.take(request, now);
  auto const* const exceeded = std::get_if<Quotas::Exceeded>(&result);
  return exceeded == nullptr ? "ok" : std::string(exceeded->reason);
}

std::size_t allowed_of(Quotas& quotas, std::size_t requests, Duration apart) {
  std::size_t allowed = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    if (taken(quotas, kAnn, at(apart * static_cast<int>(i))) == "ok") ++allowed;
  }
  return allowed;
}

TEST(QuotasTest, AllowABurstAndThenARate) {
  std::vector<QuotaConfig> const config{{.calls = 10, .per = seconds{1}, .burst = 3}};
  Quotas quotas(config);
  for (int i = 0; i < 3; ++i) EXPECT_EQ("ok", taken(quotas, kAnn, at({})));
  auto const result = quotas.take(kAnn, at({}));
  EXPECT_EQ("rate_limited", std::get<Quotas::Exceeded>(result).reason);
  EXPECT_EQ(milliseconds{100}, std::get<Quotas::Exceeded>(result).retry_after);
  EXPECT_EQ("rate_limited", taken(quotas, kAnn, at(milliseconds{99})));
  EXPECT_EQ("ok", taken(quotas, kAnn, at(milliseconds{100})));
  EXPECT_EQ("rate_limited", taken(quotas, kAnn, at(milliseconds{100})));
}

TEST(QuotasTest, AllowExactlyTheRateUnderLoad) {
  std::vector<QuotaConfig> const config{{.calls = 100, .per = seconds{1}, .burst = 1}};
  Quotas quotas(config);
  EXPECT_EQ(1'000, allowed_of(quotas, 10'000, milliseconds{1}));
}

TEST(QuotasTest, HaveABurstOfTheWholePeriodByDefault) {
  std::vector<QuotaConfig> const config{{.calls = 60, .per = std::chrono::minutes{1}}};
  Quotas quotas(config);
  EXPECT_EQ(60, allowed_of(quotas, 1'000, Duration{}));
}

TEST(QuotasTest, AreSeparateForEachPrincipalAndToolWhereTheySaySo) {
  std::vector<QuotaConfig> const config{
      {.tools = {"*"}, .each = {QuotaEach::Principal, QuotaEach::Tool}, .calls = 1, .per = seconds{10}}};
  Quotas quotas(config);
  EXPECT_EQ("ok", taken(quotas, kAnn, at({})));
  EXPECT_EQ("rate_limited", taken(quotas, kAnn, at({})));
  EXPECT_EQ("rate_limited", taken(quotas, {.principal = "ann", .service = "two", .tool = "get"}, at({})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = "set"}, at({})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "bob", .service = "one", .tool = "get"}, at({})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = {}}, at({})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = {}}, at({})));
}

TEST(QuotasTest, ShareOneAllowanceWhereNothingHasItsOwn) {
  std::vector<QuotaConfig> const config{{.services = {"one"}, .each = {}, .calls = 1, .per = seconds{10}}};
  Quotas quotas(config);
  EXPECT_EQ("ok", taken(quotas, kAnn, at({})));
  EXPECT_EQ("rate_limited", taken(quotas, {.principal = "bob", .service = "one", .tool = {}}, at({})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "bob", .service = "two", .tool = {}}, at({})));
}

TEST(QuotasTest, HoldPlacesUntilARequestEnds) {
  std::vector<QuotaConfig> const config{{.in_flight = 2}};
  Quotas quotas(config);
  auto first = std::get<Quotas::Places>(quotas.take(kAnn, at({})));
  auto const second = std::get<Quotas::Places>(quotas.take(kAnn, at({})));
  auto const third = quotas.take(kAnn, at({}));
  EXPECT_EQ("in_flight_limit", std::get<Quotas::Exceeded>(third).reason);
  EXPECT_FALSE(std::get<Quotas::Exceeded>(third).retry_after);
  first.clear();
  EXPECT_EQ("ok", taken(quotas, kAnn, at({})));
}

TEST(QuotasTest, TakeNothingFromOneQuotaWhereAnotherIsUsedUp) {
  std::vector<QuotaConfig> const config{{.calls = 2, .per = seconds{10}, .in_flight = 5},
                                        {.tools = {"slow"}, .in_flight = 1}};
  Quotas quotas(config);
  Quotas::Request const slow{.principal = "ann", .service = "one", .tool = "slow"};
  auto const held = quotas.take(slow, at({}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ("in_flight_limit", taken(quotas, slow, at({})));
  EXPECT_EQ("ok", taken(quotas, kAnn, at({})));
  EXPECT_EQ("rate_limited", taken(quotas, kAnn, at({})));
}

TEST(QuotasTest, DoNotGrowWithTheNamesThatClientsMakeUp) {
  std::vector<QuotaConfig> const config{
      {.tools = {"*"}, .each = {QuotaEach::Tool}, .calls = 1, .per = std::chrono::hours{24}}};
  Quotas quotas(config);
  for (std::size_t i = 0; i < 2 * Quotas::kMost; ++i) {
    auto const tool = std::to_string(i);
    (void)quotas.take({.principal = "eve", .service = "one", .tool = tool}, at({}));
  }
  EXPECT_LE(quotas.size(), Quotas::kMost + 1);
}

TEST(QuotasTest, TellNamesApartAgainAfterAFloodOfNames) {
  std::vector<QuotaConfig> const config{{.tools = {"*"}, .each = {QuotaEach::Tool}, .calls = 1, .per = seconds{10}}};
  Quotas quotas(config);
  for (std::size_t i = 0; i < 2 * Quotas::kMost; ++i) {
    auto const tool = std::to_string(i);
    (void)quotas.take({.principal = "eve", .service = "one", .tool = tool}, at({}));
  }
  EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = "get"}, at(seconds{20})));
  EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = "set"}, at(seconds{20})));
  EXPECT_EQ("rate_limited", taken(quotas, {.principal = "ann", .service = "one", .tool = "set"}, at(seconds{20})));
}

TEST(QuotasTest, HoldTheLargestBurstOfTheLongestPeriod) {
  std::vector<QuotaConfig> const config{{.calls = 1, .per = std::chrono::hours{24}, .burst = 1'000'000}};
  Quotas quotas(config);
  EXPECT_EQ(10'000, allowed_of(quotas, 10'000, Duration{}));
}

TEST(QuotasTest, ForgetWhatIsNotUsedAnyMore) {
  std::vector<QuotaConfig> const config{{.tools = {"*"}, .each = {QuotaEach::Tool}, .calls = 1, .per = seconds{1}}};
  Quotas quotas(config);
  for (std::size_t i = 0; i < 20'000; ++i) {
    auto const tool = std::to_string(i);
    EXPECT_EQ("ok", taken(quotas, {.principal = "ann", .service = "one", .tool = tool},
                          at(seconds{1} * static_cast<int>(i))));
  }
  EXPECT_LT(quotas.size(), 2'000);
}

TEST(QuotasTest, AreExactWhenSeveralLoopsTakeAtOnce) {
  std::vector<QuotaConfig> const config{{.calls = 1'000, .per = std::chrono::hours{1}, .in_flight = 10}};
  Quotas quotas(config);
  std::atomic<int> allowed = 0;
  std::vector<std::thread> loops;
  for (int loop = 0; loop < 4; ++loop) {
    loops.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        auto const taken = quotas.take(kAnn, at({}));
        if (std::holds_alternative<Quotas::Places>(taken)) ++allowed;
      }
    });
  }
  for (auto& loop : loops) loop.join();
  EXPECT_EQ(1'000, allowed);
}

}  // namespace
}  // namespace gateway::frontend
