#include "gateway/start_report.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

StartReport report_of(std::vector<std::string> services, bool single = false) {
  return StartReport(
      {.version = "1.0",
       .services = std::move(services),
       .listening = {.main = {.address = {.host = "127.0.0.1", .port = 8080}}, .admin = {}, .of_services = {}},
       .single = single});
}

health::ServiceHealth in_state(std::string const& name, std::string const& state, std::string const& reason = {}) {
  health::ServiceHealth health;
  health.name = name;
  health.state = state;
  health.reason = reason;
  return health;
}

health::ServiceHealth ready(std::string const& name, std::size_t tools) {
  auto health = in_state(name, "ready");
  health.tools_known = true;
  health.tools = tools;
  return health;
}

TEST(StartReport, BeginsWithWhereTheGatewayIs) {
  StartReport::About about{.version = "1.0", .services = {"a", "b"}, .listening = {}};
  about.listening.main.address = {.host = "0.0.0.0", .port = 8080};
  about.listening.admin = OpenListener{.address = {.host = "127.0.0.1", .port = 9090}};
  about.asks_token = true;
  EXPECT_EQ(
      "\nmcp-gateway 1.0 serves 2 services at http://127.0.0.1:8080 and this machine's other addresses; Ctrl-C ends "
      "it.\n"
      "Clients must show a bearer token.\nStatus page: http://127.0.0.1:9090/\n\n",
      StartReport(about).beginning());
  EXPECT_EQ(
      "\nmcp-gateway 1.0 serves 1 service at http://127.0.0.1:8080; Ctrl-C ends it.\n"
      "Status page: none; --admin 9090 gives one.\n\n",
      report_of({"a"}, true).beginning());
}

TEST(StartReport, GivesEachServiceALineWithItsUrlsWhenItIsReady) {
  auto report = report_of({"a", "longer"});
  std::vector<health::ServiceHealth> services{ready("a", 1), in_state("longer", "starting")};

  EXPECT_EQ("  a       1 tool    http://127.0.0.1:8080/a/mcp  http://127.0.0.1:8080/a/sse\n",
            report.look(services, seconds(1)));
  EXPECT_EQ("", report.look(services, seconds(2)));
  EXPECT_FALSE(report.is_over(seconds(2)));

  services[1] = ready("longer", 12);
  EXPECT_EQ("  longer  12 tools  http://127.0.0.1:8080/longer/mcp  http://127.0.0.1:8080/longer/sse\n",
            report.look(services, seconds(3)));
  EXPECT_TRUE(report.is_over(seconds(3)));
}

TEST(StartReport, LeavesTheNameOutWhereOneServiceHasTheRoot) {
  EXPECT_EQ("  a  3 tools   http://127.0.0.1:8080/mcp  http://127.0.0.1:8080/sse\n",
            report_of({"a"}, true).look({ready("a", 3)}, seconds(1)));
}

TEST(StartReport, NamesAListenerOfTheServicesOwn) {
  StartReport::About about{.version = "1.0", .services = {"a"}, .listening = {}};
  about.listening.main.address = {.host = "::", .port = 8080};
  about.listening.of_services["a"] = {.address = {.host = "127.0.0.1", .port = 8501}, .has_tls = true};

  EXPECT_EQ("  a  3 tools   http://[::1]:8080/a/mcp  http://[::1]:8080/a/sse  https://127.0.0.1:8501/mcp\n",
            StartReport(about).look({ready("a", 3)}, seconds(1)));
}

TEST(StartReport, WaitsALittleForTheToolsOfAServerThatMayHaveNone) {
  auto report = report_of({"a"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ("", report.look({in_state("a", "ready")}, seconds(1)));
  EXPECT_EQ("  a  ready     http://127.0.0.1:8080/a/mcp  http://127.0.0.1:8080/a/sse\n",
            report.look({in_state("a", "ready")}, seconds(2)));
}

TEST(StartReport, SaysAtOnceThatAServiceHasAChildForEach) {
  EXPECT_EQ("  a  a child for each session  http://127.0.0.1:8080/a/mcp  http://127.0.0.1:8080/a/sse\n",
            report_of({"a"}).look({in_state("a", "on_demand")}, seconds(1)));
}

TEST(StartReport, SaysWhyNotOnceAndGoesOnWatching) {
  auto report = report_of({"a"});
  EXPECT_EQ("  a  it ended with exit status 3; it is tried again\n",
            report.look({in_state("a", "backoff", "it ended with exit status 3\nits stderr")}, seconds(1)));
  EXPECT_EQ("", report.look({in_state("a", "crash_loop", "it ended")}, seconds(9)));
  EXPECT_EQ("", report.look({in_state("a", "starting")}, seconds(11)));
  EXPECT_FALSE(report.is_over(seconds(11)));
  EXPECT_NE("", report.look({ready("a", 1)}, seconds(12)));
  EXPECT_TRUE(report.is_over(seconds(12)));
}

TEST(StartReport, DoesNotWaitForWhatCannotBeStarted) {
  auto report = report_of({"a"});
  EXPECT_EQ("  a  not started; it needs a token\n",
            report.look({in_state("a", "unavailable", "not started; it needs a token")}, seconds(1)));
  EXPECT_TRUE(report.is_over(seconds(1)));
}

TEST(StartReport, SaysThatAStartTakesLong) {
  auto report = report_of({"a"});
  EXPECT_EQ("", report.look({in_state("a", "starting")}, seconds(9)));
  EXPECT_EQ("  a  still starting after 10 s\n", report.look({in_state("a", "starting")}, seconds(10)));
  EXPECT_EQ("", report.look({in_state("a", "starting")}, seconds(20)));
  EXPECT_TRUE(report.is_over(StartReport::kWatch));
}

}  // namespace
}  // namespace gateway
