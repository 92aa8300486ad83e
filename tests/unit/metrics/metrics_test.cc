#include "gateway/metrics/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <sstream>
#include <string>

#include "gateway/metrics/loop_probe.h"

namespace gateway::metrics {
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
        "mcp_gateway_sessions_active{", "mcp_gateway_sessions_opened_total{", "mcp_gateway_sessions_closed_total{",
        "mcp_child_up{", "mcp_child_state{", "mcp_child_start_duration_seconds_bucket{",
        "mcp_child_spawn_failures_total{", "mcp_child_protocol_errors_total{", "mcp_child_stderr_lines_total{",
        "mcp_child_stdin_queue_bytes{", "mcp_child_tools{", "mcp_child_tools_changed_total{"}) {
    EXPECT_LE(1U, series(text, name)) << name;
  }
}

TEST_F(MetricsTest, NameEverySeriesOfTheProgramFromTheStart) {
  auto const text = metrics.text();
  for (auto const* const name :
       {"mcp_gateway_connections_active ", "mcp_gateway_connections_total{", "mcp_gateway_slow_clients_total ",
        "mcp_gateway_draining ", "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds "}) {
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
      "mcp_server_requests_total{code=\"200\",method=\"tools/call\",outcome=\"ok\",server=\"echo\",transport=\"http\"} "
      "2",
      line_of(text,
              "mcp_server_requests_total{code=\"200\",method=\"tools/"
              "call\",outcome=\"ok\",server=\"echo\",transport=\"http\"}"));
  EXPECT_EQ("mcp_server_tool_calls_total{outcome=\"ok\",server=\"echo\",tool=\"greet\"} 2",
            line_of(text, "mcp_server_tool_calls_total{"));
  EXPECT_EQ("mcp_server_operation_duration_seconds_count{method=\"tools/call\",outcome=\"ok\",server=\"echo\"} 2",
            line_of(text, "mcp_server_operation_duration_seconds_count{"));
}

TEST_F(MetricsTest, CountACallByTheStatusThatWasSent) {
  auto const counted = [&](std::string_view code) {
    auto const text = metrics.text();
    auto const name =
        fmt::format("mcp_server_requests_total{{code=\"{}\",method=\"tools/call\",outcome=\"timeout\"", code);
    return line_of(text, name + ",server=\"echo\",transport=\"http\"}");
  };
  auto call = call_of("greet");
  call.outcome = "timeout";
  echo.call_ended(call);
  call.code.reset();
  echo.call_ended(call);
  echo.call_ended(call);
  EXPECT_TRUE(counted("200").ends_with(" 1")) << counted("200");
  EXPECT_TRUE(counted("none").ends_with(" 2")) << counted("none");
}

/// Lines that are no comments.
std::size_t all_series(std::string const& text) {
  std::size_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.starts_with('#') ? 0 : 1;
  return count;
}

TEST_F(MetricsTest, StayBoundedWhateverNamesToolsHave) {
  for (int i = 0; i < 1000; ++i) echo.call_ended(call_of("tool-" + std::to_string(i)));
  auto const full = metrics.text();
  for (int i = 0; i < 100'000; ++i) echo.call_ended(call_of("other-" + std::to_string(i)));
  auto const text = metrics.text();
  EXPECT_EQ(all_series(full), all_series(text));
  EXPECT_LE(series(text, "mcp_server_tool_calls_total{"), 65U);
  EXPECT_LE(1U, series(text, "mcp_server_tool_calls_total{outcome=\"ok\",server=\"echo\",tool=\"_overflow\"}"));
}

TEST_F(MetricsTest, StayBoundedWhateverCodesChildrenAnswerWith) {
  auto const before = series(metrics.text(), "mcp_server_rpc_errors_total{");
  for (int code = -50'000; code < 50'000; ++code) echo.error_answered(code);
  auto const text = metrics.text();
  EXPECT_EQ(before, series(text, "mcp_server_rpc_errors_total{"));
  EXPECT_EQ("mcp_server_rpc_errors_total{rpc_code=\"-32601\",server=\"echo\"} 1",
            line_of(text, "mcp_server_rpc_errors_total{rpc_code=\"-32601\""));
  EXPECT_EQ("mcp_server_rpc_errors_total{rpc_code=\"other\",server=\"echo\"} 99992",
            line_of(text, "mcp_server_rpc_errors_total{rpc_code=\"other\""));
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
  EXPECT_EQ("mcp_gateway_sessions_closed_total{reason=\"idle\",server=\"echo\",transport=\"http\"} 1",
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
  metrics.loop(1).answered(Route::Mcp, 200);
  metrics.loop(0).answered(Route::Mcp, 200);
  metrics.loop(0).answered(Route::Other, 404);
  (void)metrics.text();  // what was read once is not added again
  metrics.loop(0).answered(Route::Mcp, 200);
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
  EXPECT_EQ("mcp_gateway_loop_busy_seconds_total{loop=\"0\"} 0",
            line_of(text, "mcp_gateway_loop_busy_seconds_total{loop=\"0"));
  EXPECT_NE("mcp_gateway_loop_busy_seconds_total{loop=\"1\"} 0",
            line_of(text, "mcp_gateway_loop_busy_seconds_total{loop=\"1"));
}

TEST_F(MetricsTest, SplitTheTimeOfACall) {
  auto call = call_of("greet");
  call.took = milliseconds(100);
  call.at_child = milliseconds(70);
  call.waited = milliseconds(29);
  echo.call_ended(call);
  echo.child_answered(kToolsCall, milliseconds(70));
  auto const text = metrics.text();
  EXPECT_EQ("mcp_gateway_overhead_seconds_sum{server=\"echo\"} 0.001",
            line_of(text, "mcp_gateway_overhead_seconds_sum{"));
  EXPECT_EQ("mcp_gateway_queue_seconds_sum{server=\"echo\"} 0.029", line_of(text, "mcp_gateway_queue_seconds_sum{"));
  EXPECT_EQ("mcp_client_operation_duration_seconds_sum{method=\"tools/call\",server=\"echo\"} 0.07",
            line_of(text, "mcp_client_operation_duration_seconds_sum{"));
}

TEST_F(MetricsTest, CountAsWaitingOnlyCallsThatWaited) {
  echo.call_ended(call_of("greet"));
  EXPECT_EQ("mcp_gateway_queue_seconds_count{server=\"echo\"} 0",
            line_of(metrics.text(), "mcp_gateway_queue_seconds_count{"));
}

TEST_F(MetricsTest, TimeToolsOnlyWhereThatIsWanted) {
  echo.call_ended(call_of("greet"));
  EXPECT_EQ(0U, series(metrics.text(), "mcp_server_tool_duration_seconds"));
  Metrics timed({.version = "1", .revision = "a", .build_time = "now", .instance_id = "here"},
                {.tool_durations = true});
  timed.service("echo").call_ended(call_of("greet"));
  EXPECT_EQ("mcp_server_tool_duration_seconds_count{server=\"echo\",tool=\"greet\"} 1",
            line_of(timed.text(), "mcp_server_tool_duration_seconds_count{"));
}

TEST_F(MetricsTest, ShowOfferedToolsBeforeTheirFirstCall) {
  echo.tools_listed(1, false);
  echo.tool_offered("greet");
  EXPECT_EQ("mcp_server_tool_calls_total{outcome=\"tool_error\",server=\"echo\",tool=\"greet\"} 0",
            line_of(metrics.text(), "mcp_server_tool_calls_total{outcome=\"tool_error\""));
}

TEST_F(MetricsTest, LeaveThePlacesToToolsThatAreCalledWhereTooManyAreOffered) {
  echo.tools_listed(1000, false);
  echo.tool_offered("never");
  EXPECT_EQ(0U, series(metrics.text(), "mcp_server_tool_calls_total{"));
}

TEST_F(MetricsTest, CountStreamsInAndOut) {
  auto& http = metrics.loop(0);
  http.serves(ServiceKey{2}, echo);
  http.stream_opened(ServiceKey{2}, StreamKind::HttpGet);
  http.stream_opened(ServiceKey{2}, StreamKind::HttpGet);
  http.stream_opened(ServiceKey{1}, StreamKind::Sse);  // a service of another loop
  http.stream_closed(ServiceKey{2}, StreamKind::HttpGet, "write_timeout");
  auto const text = metrics.text();
  EXPECT_EQ("mcp_gateway_streams_active{kind=\"http_get\",server=\"echo\"} 1",
            line_of(text, "mcp_gateway_streams_active{kind=\"http_get\""));
  EXPECT_EQ("mcp_gateway_streams_active{kind=\"sse\",server=\"echo\"} 0",
            line_of(text, "mcp_gateway_streams_active{kind=\"sse\""));
  EXPECT_EQ("mcp_gateway_stream_disconnects_total{reason=\"write_timeout\",server=\"echo\"} 1",
            line_of(text, "mcp_gateway_stream_disconnects_total{reason=\"write_timeout\""));
}

TEST_F(MetricsTest, AddUpTheBytesThatWaitOnAllLoops) {
  metrics.loop(0).bytes_waiting(100);
  metrics.loop(1).bytes_waiting(50);
  metrics.loop(0).bytes_waiting(-30);
  EXPECT_EQ("mcp_gateway_stream_buffer_bytes 120", line_of(metrics.text(), "mcp_gateway_stream_buffer_bytes "));
}

TEST_F(MetricsTest, TellTheTrafficOfAService) {
  auto failed = call_of("greet");
  failed.outcome = "timeout";
  auto taken_back = call_of("greet");
  taken_back.outcome = "cancelled";
  echo.call_ended(call_of("greet"));
  echo.call_ended(failed);
  echo.call_ended(taken_back);
  echo.child_restarted("exit");
  echo.session_opened("http");
  echo.calls_in_flight(4);
  echo.child_resources({.memory_bytes = 1000, .fds = 10, .threads = 3, .processes = 2});
  echo.child_cpu_used(milliseconds(1500));

  auto const traffic = echo.traffic();
  EXPECT_EQ(3U, traffic.calls);
  EXPECT_EQ(1U, traffic.errors);
  EXPECT_EQ(1U, traffic.restarts);
  EXPECT_EQ(1U, traffic.sessions);
  EXPECT_EQ(4U, traffic.calls_in_flight);
  ASSERT_EQ(traffic.latency_bounds.size() + 1, traffic.latency.size());
  // 3 ms each: above 2.5 ms, and not above 5 ms.
  EXPECT_EQ(0.005, traffic.latency_bounds[3]);
  EXPECT_EQ(3U, traffic.latency[3]);
  EXPECT_EQ(1.5, traffic.child_cpu_seconds);
  EXPECT_EQ(1000U, traffic.child_memory_bytes);
  EXPECT_EQ(10U, traffic.child_fds);
  EXPECT_EQ(3U, traffic.child_threads);
  EXPECT_EQ(2U, traffic.child_processes);
}

TEST_F(MetricsTest, StayWithinTheirBoundsWithNineServicesInFullUse) {
  constexpr std::array<std::string_view, 8> kMethods{"tools/call",     "initialize",     "tools/list",   "ping",
                                                     "resources/list", "resources/read", "prompts/list", "_other"};
  // The first ones of every tool; those that say nothing of a tool of one alone.
  constexpr std::size_t kOfTools = 5;
  constexpr std::array<std::string_view, 9> kOutcomes{
      "ok", "tool_error", "rpc_error", "timeout", "cancelled", "child_exited", "unavailable", "busy", "invalid"};
  for (int number = 0; number < 9; ++number) {
    auto& service = metrics.service("service-" + std::to_string(number));
    for (auto const transport : {"sse", "http", "oneshot"}) {
      for (auto const method : kMethods) {
        auto call = call_of({});
        call.transport = transport;
        call.method = method;
        service.call_ended(call);
        service.child_answered(method, milliseconds(1));
      }
      for (std::size_t outcome = 0; outcome < kOutcomes.size(); ++outcome) {
        for (int tool = 0; tool < (outcome < kOfTools ? 40 : 1); ++tool) {
          auto const name = "a_tool_with_a_long_name_" + std::to_string(tool);
          auto call = call_of(name);
          call.transport = transport;
          call.outcome = kOutcomes[outcome];
          service.call_ended(call);
        }
      }
    }
  }
  auto const text = metrics.text();
  EXPECT_LE(all_series(text), 10'000U);
  EXPECT_LE(text.size(), 1'500'000U);
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
}  // namespace gateway::metrics
