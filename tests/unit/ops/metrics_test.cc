#include "gateway/ops/metrics.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "gateway/ops/loop_probe.h"

namespace gateway::ops {
namespace {

constexpr std::string_view kOk = "ok";
constexpr std::string_view kHttp = "http";
constexpr std::string_view kToolsCall = "tools/call";

EndedCall call_of(std::string_view tool) {
  return {.transport = kHttp,
          .method = kToolsCall,
          .outcome = kOk,
          .code = 200,
          .tool = tool,
          .took = milliseconds(3),
          .bytes_in = 10,
          .bytes_out = 20};
}

std::size_t series(std::string const& text, std::string_view name) {
  std::size_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.starts_with(name) ? 1 : 0;
  return count;
}

/// The whole line of a series that begins so, or "".
std::string line_of(std::string const& text, std::string_view front) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(front)) return line;
  }
  return "";
}

class MetricsTest : public ::testing::Test {
 protected:
  Metrics metrics{{.version = "1.2.3", .revision = "abc", .build_time = "now", .instance_id = "here"}};
  ServiceProbe& echo = metrics.service("echo");
};

TEST_F(MetricsTest, NameEverySeriesOfAServiceFromTheStart) {
  auto const text = metrics.text();
  for (auto const* const name :
       {"mcp_server_requests_total{", "mcp_server_message_bytes_bucket{", "mcp_gateway_requests_in_flight{",
        "mcp_gateway_sessions_active{", "mcp_gateway_sessions_opened_total{",
        "mcp_gateway_sessions_closed_total{", "mcp_child_up{", "mcp_child_state{",
        "mcp_child_start_duration_seconds_bucket{", "mcp_child_spawn_failures_total{",
        "mcp_child_protocol_errors_total{", "mcp_child_stderr_lines_total{", "mcp_child_stdin_queue_bytes{",
        "mcp_child_tools{", "mcp_child_tools_changed_total{"}) {
    EXPECT_LE(1U, series(text, name)) << name;
  }
}

TEST_F(MetricsTest, NameEverySeriesOfTheProgramFromTheStart) {
  auto const text = metrics.text();
  for (auto const* const name :
       {"mcp_gateway_connections_active ", "mcp_gateway_connections_total{",
        "mcp_gateway_slow_clients_total ", "mcp_gateway_log_dropped_total ", "mcp_gateway_draining ",
        "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds "}) {
    EXPECT_LE(1U, series(text, name)) << name;
  }
  auto const build = line_of(text, "mcp_gateway_build_info{");
  for (auto const* const label : {"version=\"1.2.3\"", "revision=\"abc\"", "instance_id=\"here\""}) {
    EXPECT_NE(std::string::npos, build.find(label)) << build;
  }
}

TEST_F(MetricsTest, CountACallInEachOfItsSeries) {
  echo.call_ended(call_of("greet"));
  echo.call_ended(call_of("greet"));
  auto const text = metrics.text();
  EXPECT_EQ(
      "mcp_server_requests_total{code=\"200\",method=\"tools/call\",server=\"echo\",transport=\"http\"} 2",
      line_of(text,
              "mcp_server_requests_total{code=\"200\",method=\"tools/"
              "call\",server=\"echo\",transport=\"http\"}"));
  EXPECT_EQ("mcp_server_tool_calls_total{outcome=\"ok\",server=\"echo\",tool=\"greet\"} 2",
            line_of(text, "mcp_server_tool_calls_total{"));
  EXPECT_EQ(
      "mcp_server_operation_duration_seconds_count{method=\"tools/call\",outcome=\"ok\",server=\"echo\"} 2",
      line_of(text, "mcp_server_operation_duration_seconds_count{"));
}

TEST_F(MetricsTest, StayBoundedWhateverNamesToolsHave) {
  for (int i = 0; i < 100'000; ++i) echo.call_ended(call_of("tool-" + std::to_string(i)));
  auto const text = metrics.text();
  EXPECT_LE(series(text, "mcp_server_tool_calls_total{"), 65U);
  EXPECT_LE(1U,
            series(text, "mcp_server_tool_calls_total{outcome=\"ok\",server=\"echo\",tool=\"_overflow\"}"));
  EXPECT_LE(series(text, "mcp_"), 600U);
}

TEST_F(MetricsTest, LoseNoCallToTheOverflow) {
  for (int i = 0; i < 1000; ++i) echo.call_ended(call_of("tool-" + std::to_string(i)));
  double sum = 0;
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("mcp_server_tool_calls_total{")) sum += std::stod(line.substr(line.rfind(' ')));
  }
  EXPECT_EQ(1000, sum);
}

TEST_F(MetricsTest, KeepServicesApart) {
  metrics.service("other").call_ended(call_of("greet"));
  EXPECT_EQ(&echo, &metrics.service("echo"));
  EXPECT_EQ("mcp_server_tool_calls_total{outcome=\"ok\",server=\"other\",tool=\"greet\"} 1",
            line_of(metrics.text(), "mcp_server_tool_calls_total{"));
}

TEST_F(MetricsTest, CountChildrenByTheirState) {
  echo.child_entered("ready");
  echo.child_entered("ready");
  echo.child_left("ready");
  echo.child_entered("backoff");
  auto const text = metrics.text();
  EXPECT_EQ("mcp_child_up{server=\"echo\"} 1", line_of(text, "mcp_child_up{"));
  EXPECT_EQ("mcp_child_state{server=\"echo\",state=\"backoff\"} 1",
            line_of(text, "mcp_child_state{server=\"echo\",state=\"backoff\"}"));
  EXPECT_EQ("mcp_child_state{server=\"echo\",state=\"stopping\"} 0",
            line_of(text, "mcp_child_state{server=\"echo\",state=\"stopping\"}"));
  EXPECT_EQ("mcp_child_state{server=\"echo\",state=\"ready\"} 1",
            line_of(text, "mcp_child_state{server=\"echo\",state=\"ready\"}"));
}

TEST_F(MetricsTest, CountSessionsInAndOut) {
  echo.session_opened("http");
  echo.session_opened("http");
  echo.session_closed("http", "idle", seconds(5));
  auto const text = metrics.text();
  EXPECT_EQ("mcp_gateway_sessions_active{server=\"echo\",transport=\"http\"} 1",
            line_of(text, "mcp_gateway_sessions_active{server=\"echo\",transport=\"http\"}"));
  EXPECT_EQ(
      "mcp_gateway_sessions_closed_total{reason=\"idle\",server=\"echo\",transport=\"http\"} 1",
      line_of(text, "mcp_gateway_sessions_closed_total{reason=\"idle\",server=\"echo\",transport=\"http\"}"));
}

TEST_F(MetricsTest, EscapeTheNamesOfTools) {
  echo.call_ended(call_of("a\"b\\c\nd"));
  EXPECT_EQ(R"(mcp_server_tool_calls_total{outcome="ok",server="echo",tool="a\"b\\c\nd"} 1)",
            line_of(metrics.text(), "mcp_server_tool_calls_total{"));
}

TEST_F(MetricsTest, CountWhatTheServerSays) {
  auto& http = metrics.loop(0);
  http.connection_opened();
  http.connection_opened();
  http.connection_closed();
  http.request_refused(400, "bare_lf");
  auto const text = metrics.text();
  EXPECT_EQ("mcp_gateway_connections_active 1", line_of(text, "mcp_gateway_connections_active "));
  EXPECT_EQ("mcp_gateway_http_parse_errors_total{reason=\"bare_lf\"} 1",
            line_of(text, "mcp_gateway_http_parse_errors_total{"));
}

TEST_F(MetricsTest, AddUpTheAnswersOfAllLoops) {
  metrics.loop(1).answered(tag_of(Route::Mcp), 200);
  metrics.loop(0).answered(tag_of(Route::Mcp), 200);
  metrics.loop(0).answered({}, 404);
  (void)metrics.text();  // what was read once is not added again
  metrics.loop(0).answered(tag_of(Route::Mcp), 200);
  auto const text = metrics.text();
  EXPECT_EQ("mcp_gateway_http_requests_total{code=\"200\",route=\"mcp\"} 3",
            line_of(text, "mcp_gateway_http_requests_total{code=\"200\",route=\"mcp"));
  EXPECT_EQ("mcp_gateway_http_requests_total{code=\"404\",route=\"other\"} 1",
            line_of(text, "mcp_gateway_http_requests_total{code=\"404"));
}

TEST_F(MetricsTest, TellHowBusyEachLoopIs) {
  metrics.loop(1).runs_here();
  auto const text = metrics.text();
  EXPECT_EQ(2U, series(text, "mcp_gateway_loop_busy_seconds_total{"));
  EXPECT_EQ("mcp_gateway_loop_busy_seconds_total{loop=\"0\"} 0", line_of(text, "mcp_gateway_loop_busy_seconds_total{loop=\"0"));
  EXPECT_NE("mcp_gateway_loop_busy_seconds_total{loop=\"1\"} 0", line_of(text, "mcp_gateway_loop_busy_seconds_total{loop=\"1"));
}

TEST_F(MetricsTest, HelpWithEachNameOnce) {
  std::set<std::string> names;
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# HELP ")) continue;
    auto const name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_GT(line.size(), 7 + name.size() + 1) << line;
  }
  EXPECT_LE(20U, names.size());
}

}  // namespace
}  // namespace gateway::ops
