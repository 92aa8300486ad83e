#include "gateway/deploy/triggers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace gateway::deploy {
namespace {

using std::chrono::seconds;

/// A look each second: what it adds to the one before is `each`'s to say.
std::vector<Sample> looks(int count, std::function<void(int, Sample&)> const& each) {
  std::vector<Sample> samples;
  Sample now{.answers = true, .ready = true, .latency = {{0.1, 0}, {0.5, 0}, {1, 0}, {INFINITY, 0}}};
  for (int i = 0; i < count; ++i) {
    now.at = seconds{i};
    each(i, now);
    samples.push_back(now);
  }
  return samples;
}

void serve(Sample& sample, double calls, double errors = 0, double tool_errors = 0, double slow = 0) {
  sample.requests += calls;
  sample.errors += errors;
  sample.tool_calls += calls;
  sample.tool_errors += tool_errors;
  sample.latency[0.1] += calls - slow;
  sample.latency[0.5] += calls - slow;
  sample.latency[1] += calls;
  sample.latency[INFINITY] += calls;
}

std::string fired(std::vector<Sample> const& samples, std::vector<Sample> const& primary = {}) {
  auto const found = judge(samples, primary, {});
  return found ? found->name : "";
}

TEST(DeployTriggers, LeaveAnInstanceThatIsWellAlone) {
  EXPECT_EQ("", fired({}));
  EXPECT_EQ("", fired(looks(400, [](int, Sample& now) { serve(now, 10, 0.4); })));
}

TEST(DeployTriggers, FireOnErrorsForTwoMinutes) {
  auto const bad = [](int, Sample& now) { serve(now, 10, 1); };
  EXPECT_EQ("", fired(looks(120, bad)));
  EXPECT_EQ("errors", fired(looks(121, bad)));
}

TEST(DeployTriggers, DoNotFireOnAShortBurst) {
  EXPECT_EQ("", fired(looks(300, [](int i, Sample& now) { serve(now, 10, i > 200 && i < 220 ? 10 : 0); })));
}

TEST(DeployTriggers, ConcludeNothingFromFewCalls) {
  EXPECT_EQ("", fired(looks(200, [](int i, Sample& now) { serve(now, i % 10 == 0 ? 1 : 0, i % 10 == 0 ? 1 : 0); })));
}

TEST(DeployTriggers, CompareErrorsOfToolsWithThePrimary) {
  auto const own = looks(200, [](int, Sample& now) { serve(now, 10, 0, 0.5); });
  auto const better = looks(200, [](int, Sample& now) { serve(now, 10, 0, 0.3); });
  auto const alike = looks(200, [](int, Sample& now) { serve(now, 10, 0, 0.45); });
  EXPECT_EQ("tool_errors", fired(own, better));
  EXPECT_EQ("", fired(own, alike));
  EXPECT_EQ("", fired(own));
}

TEST(DeployTriggers, FireOnSlowCallsForFiveMinutes) {
  auto const slow = [](int, Sample& now) { serve(now, 10, 0, 0, 1); };
  EXPECT_EQ("", fired(looks(300, slow)));
  EXPECT_EQ("latency", fired(looks(301, slow)));
}

TEST(DeployTriggers, FireAtOnceOnARestartLoop) {
  EXPECT_EQ("restart_loop", fired(looks(2, [](int i, Sample& now) { now.crash_loops = i; })));
  EXPECT_EQ("", fired(looks(2, [](int i, Sample& now) { now.restarts = i; })));
}

TEST(DeployTriggers, FireOnHealthThatFailsThreeTimes) {
  auto const away_at = [](int from, int count) {
    return looks(count, [from](int i, Sample& now) { now.answers = now.ready = i < from; });
  };
  EXPECT_EQ("", fired(away_at(3, 5)));
  EXPECT_EQ("health", fired(away_at(3, 6)));
  EXPECT_EQ("health", fired(looks(3, [](int, Sample& now) { now.ready = false; })));
}

TEST(DeployTriggers, CountOnFromZeroAfterARestart) {
  auto const samples = looks(200, [](int i, Sample& now) {
    if (i == 150) now = {.at = seconds{i}, .answers = true, .ready = true, .latency = now.latency};
    serve(now, 10);
  });
  EXPECT_EQ("", fired(samples));
  EXPECT_EQ(30, between({.requests = 100}, {.requests = 30}).requests);
}

TEST(DeployTriggers, FireOnAProbeThatFailsForAMinute) {
  auto const failing = [](int, Sample& now) { now.failing_probes = 1; };
  EXPECT_EQ("", fired(looks(60, failing)));
  EXPECT_EQ("backend", fired(looks(61, failing)));
  EXPECT_EQ("", fired(looks(100, [](int i, Sample& now) { now.failing_probes = i == 70 ? 0 : 1; })));
}

TEST(DeployTriggers, FireOnMemoryThatStaysShortForThreeMinutes) {
  auto const is_short = [](int, Sample& now) { now.memory_ratio = 0.95; };
  EXPECT_EQ("", fired(looks(180, is_short)));
  EXPECT_EQ("memory", fired(looks(181, is_short)));
  EXPECT_EQ("", fired(looks(300, [](int, Sample& now) { now.memory_ratio = 0.9; })));
}

TEST(DeployTriggers, ReadMetrics) {
  Sample sample;
  read_metrics(
      "# HELP mcp_server_requests_total x\n"
      "mcp_server_requests_total{server=\"a\",method=\"ping\",outcome=\"ok\",code=\"200\"} 7\n"
      "mcp_server_requests_total{server=\"a\",method=\"tools/call\",outcome=\"timeout\",code=\"202\"} 2\n"
      "mcp_server_requests_total{server=\"a\",method=\"tools/call\",outcome=\"busy\",code=\"503\"} 1\n"
      "mcp_server_requests_total{server=\"a\",method=\"tools/call\",outcome=\"invalid\",code=\"400\"} 4\n"
      "mcp_server_requests_total{server=\"a\",method=\"tools/call\",outcome=\"cancelled\",code=\"none\"} 9\n"
      "mcp_server_tool_calls_total{server=\"a\",tool=\"t\",outcome=\"ok\"} 5\n"
      "mcp_server_tool_calls_total{server=\"a\",tool=\"t\",outcome=\"tool_error\"} 3\n"
      "mcp_server_operation_duration_seconds_bucket{server=\"a\",method=\"tools/call\",outcome=\"ok\",le=\"0.1\"} 4\n"
      "mcp_server_operation_duration_seconds_bucket{server=\"a\",method=\"tools/call\",outcome=\"ok\",le=\"+Inf\"} 8\n"
      "mcp_server_operation_duration_seconds_bucket{server=\"a\",method=\"ping\",outcome=\"ok\",le=\"0.1\"} 7\n"
      "mcp_child_restarts_total{server=\"a\",reason=\"exit\"} 2\n"
      "mcp_child_state{server=\"a\",state=\"crash_loop\"} 1\n"
      "mcp_child_state{server=\"a\",state=\"ready\"} 1\n"
      "mcp_child_probe_up{server=\"a\"} 0\n"
      "mcp_child_probe_up{server=\"b\"} 1\n"
      "mcp_child_resident_memory_bytes{server=\"a\"} 95\n"
      "mcp_child_resident_memory_bytes{server=\"b\"} 1000\n"
      "mcp_child_memory_limit_bytes{server=\"a\"} 100\n",
      sample);

  EXPECT_EQ(14, sample.requests);
  EXPECT_EQ(3, sample.errors);
  EXPECT_EQ(8, sample.tool_calls);
  EXPECT_EQ(3, sample.tool_errors);
  EXPECT_EQ(4, sample.latency.at(0.1));
  EXPECT_EQ(8, sample.latency.at(INFINITY));
  EXPECT_EQ(2, sample.restarts);
  EXPECT_EQ(1, sample.crash_loops);
  EXPECT_EQ(1, sample.failing_probes);
  EXPECT_DOUBLE_EQ(0.95, sample.memory_ratio);
}

TEST(DeployTriggers, EstimateTheNinetyFifthPercentile) {
  EXPECT_FALSE(p95_of({}));
  EXPECT_DOUBLE_EQ(0.475, *p95_of({.latency = {{0.5, 100}, {INFINITY, 100}}}));
  EXPECT_DOUBLE_EQ(0.5, *p95_of({.latency = {{0.5, 90}, {INFINITY, 100}}}));
}

}  // namespace
}  // namespace gateway::deploy
