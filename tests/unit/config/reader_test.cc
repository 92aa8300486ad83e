#include "gateway/config/reader.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using namespace std::chrono_literals;
using fakes::environment_with;
using fakes::errors_of;
using fakes::first_error;
using fakes::good;

/// One service `s` with these keys more.
std::string service(std::string_view keys) {
  return fmt::format(R"({{"mcpServers": {{"s": {{"command": "prog", {}}}}}}})", keys);
}

/// One service, and a gateway block with these keys.
std::string gateway_with(std::string_view keys) {
  return fmt::format(R"({{"mcpServers": {{"s": {{"command": "prog"}}}}, "gateway": {{{}}}}})", keys);
}

constexpr std::string_view kClaudeDesktop = R"({
  "globalShortcut": "Alt+Space",
  "scale": 0,
  "preferences": {"menuBarEnabled": false, "path": "${NOT_OURS}"},
  "mcpServers": {
    "filesystem": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "/srv/a b", "C:\\Users\\x"]
    },
    "My Notes": {"command": "uvx", "args": ["notes"], "env": {"KEY": "pa$$word$"}}
  }
})";

TEST(ConfigReader, ReadsAFileOfClaudeDesktopUnchanged) {
  auto const config = good(kClaudeDesktop);

  ASSERT_EQ(2U, config.services.size());
  EXPECT_EQ("filesystem", config.services[0].name);
  EXPECT_EQ("npx", config.services[0].command);
  EXPECT_EQ("C:\\Users\\x", config.services[0].args[3]);
  EXPECT_EQ("My-Notes", config.services[1].name);
  EXPECT_EQ("pa$$word$", config.services[1].env.at("KEY").reveal());
  EXPECT_EQ(4U, config.warnings.size());
}

TEST(ConfigReader, GivesWhatIsNotSaidItsDefault) {
  auto const config = good(R"({"mcpServers": {"s": {"command": "prog"}}})");

  EXPECT_EQ(GatewayConfig{}, config.gateway);
  EXPECT_EQ((ServiceConfig{.name = "s", .command = "prog"}), config.services.at(0));
  EXPECT_TRUE(config.warnings.empty());
}

TEST(ConfigReader, ReadsEveryKindOfValue) {
  auto const config = good(R"({
    "gateway": {
      "listen": "[::1]:80", "admin_listen": "off", "base_path": "/team-a", "allowed_hosts": ["MCP.example.com"],
      "sse_keepalive": "250s", "log": {"level": "warn", "format": "text"},
      "limits": {"max_request_bytes": "2MiB", "max_head_bytes": 4096, "sse_event_limits": {"x/": "64KiB"}},
      "auth": {"tokens": [{"name": "a", "token": "0123456789abcdef"}]}},
    "mcpServers": {"s": {"command": "prog", "env": {"A": "x", "PORT": 80, "DEBUG": true}, "listen": ":8501",
      "isolation": "session", "call_timeout": "1500ms", "restart": {"max_restarts": 1}, "stop": {"term_grace": "0s"},
      "shared_logs": "drop", "cache_tools": false}}})");

  EXPECT_EQ("[::1]:80", to_string(config.gateway.listen));
  EXPECT_FALSE(config.gateway.admin_listen);
  EXPECT_EQ("mcp.example.com", config.gateway.allowed_hosts.at(0));
  EXPECT_EQ(250s, config.gateway.sse_keepalive);
  EXPECT_EQ(LogLevel::Warn, config.gateway.log.level);
  EXPECT_EQ(2 * kMiB, config.gateway.limits.max_request_bytes);
  EXPECT_EQ(4096U, config.gateway.limits.max_head_bytes);
  EXPECT_EQ(1U, config.gateway.limits.sse_event_limits.count("x/"));
  EXPECT_EQ(1U, config.gateway.limits.sse_event_limits.size());
  EXPECT_EQ("0123456789abcdef", config.gateway.auth.tokens.at(0).token.reveal());

  auto const& s = config.services.at(0);
  EXPECT_EQ("80", s.env.at("PORT").reveal());
  EXPECT_EQ("true", s.env.at("DEBUG").reveal());
  EXPECT_EQ("0.0.0.0:8501", to_string(*s.listen));
  EXPECT_EQ(Isolation::Session, s.isolation);
  EXPECT_EQ(1500ms, s.call_timeout);
  EXPECT_EQ(1U, s.restart.max_restarts);
  EXPECT_EQ(0ms, s.stop.term_grace);
  EXPECT_EQ(SharedLogs::Drop, s.shared_logs);
  EXPECT_FALSE(s.cache_tools);
}

TEST(ConfigReader, ReadsAProbeAndWhatItExpects) {
  auto const config = good(service(R"("expected_tools": ["a", "b"], "probe": {
      "tool": "health", "arguments": {"q": "${X}", "n": [1, null]}, "interval": "30s", "timeout": "1s",
      "expect": {"contains": "ok", "json": {"/status": "${X}", "/deep/0": {"a": true}, "": null}}})"),
                           environment_with({{"X", "x"}}));

  auto const& s = config.services.at(0);
  EXPECT_EQ((std::vector<std::string>{"a", "b"}), s.expected_tools.names);
  ASSERT_TRUE(s.probe);
  EXPECT_EQ("health", s.probe->tool);
  EXPECT_EQ(R"({"q":"x","n":[1,null]})", s.probe->arguments);
  EXPECT_EQ(30s, s.probe->interval);
  EXPECT_EQ("ok", s.probe->expect.contains);
  EXPECT_EQ(R"("x")", s.probe->expect.json.at("/status"));
  EXPECT_EQ(R"({"a":true})", s.probe->expect.json.at("/deep/0"));
  EXPECT_EQ("null", s.probe->expect.json.at(""));
  EXPECT_EQ(14U, good(service(R"("expected_tools": 14)")).services.at(0).expected_tools.count);
}

TEST(ConfigReader, RefusesAProbeThatCannotBeAsked) {
  EXPECT_EQ("mcpServers.s.probe: expected exactly one of tool and method", first_error(service(R"("probe": {})")));
  EXPECT_EQ("mcpServers.s.probe: expected exactly one of tool and method",
            first_error(service(R"("probe": {"tool": "a", "method": "ping"})")));
  EXPECT_EQ("mcpServers.s.probe.arguments: expected an object, found a list",
            first_error(service(R"("probe": {"tool": "a", "arguments": []})")));
  EXPECT_EQ("mcpServers.s.probe.expect.json: expected JSON pointers such as \"/status\", found 'status'",
            first_error(service(R"("probe": {"tool": "a", "expect": {"json": {"status": 1}}})")));
  EXPECT_EQ("mcpServers.s.expected_tools: expected a number of tools or a list of their names, found an object",
            first_error(service(R"("expected_tools": {})")));
}

TEST(ConfigReader, GivesServicesThePinnedToolsOfTheGatewayUnlessTheyHaveTheirOwn) {
  auto const config = good(R"({"mcpServers": {"a": {"command": "prog"}, "b": {"command": "prog",
      "pinned_tools": {"file": "/b.json", "on_drift": "refuse"}}},
      "gateway": {"pinned_tools": {"file": "/all.json", "on_drift": "hide"}}})");
  EXPECT_EQ((PinnedToolsConfig{.file = "/all.json", .on_drift = OnDrift::Hide}), config.services.at(0).pinned_tools);
  EXPECT_EQ((PinnedToolsConfig{.file = "/b.json", .on_drift = OnDrift::Refuse}), config.services.at(1).pinned_tools);
  EXPECT_FALSE(good(service(R"("cwd": "/")")).services.at(0).pinned_tools);
  EXPECT_NE(std::string::npos,
            first_error(service(R"("pinned_tools": {"file": "b.json"})")).find("expected an absolute path"));
  EXPECT_NE(std::string::npos, first_error(service(R"("pinned_tools": {})")).find("file"));
}

TEST(ConfigReader, ReadsACircuitBreaker) {
  auto const plain = good(service(R"("circuit_breaker": {})"));
  EXPECT_EQ(CircuitBreakerConfig{}, plain.services.at(0).circuit_breaker);
  EXPECT_FALSE(good(service(R"("cwd": "/")")).services.at(0).circuit_breaker);
  auto const config = good(service(R"("circuit_breaker": {"failures": ["tool_error", "unavailable"], "tools": ["*"],
      "wait_duration": "1s", "max_wait_duration": "1m", "failure_rate_threshold": 0, "permitted_calls_in_half_open": 3})"));
  auto const& breaker = *config.services.at(0).circuit_breaker;
  EXPECT_EQ((std::vector{CallFailure::ToolError, CallFailure::Unavailable}), breaker.failures);
  EXPECT_EQ(1min, breaker.max_wait_duration);
  EXPECT_EQ(3U, breaker.permitted_calls_in_half_open);
}

TEST(ConfigReader, RefusesACircuitBreakerThatNeverOpensOrIsMisspelled) {
  auto const error = [](std::string_view keys) {
    return first_error(service(fmt::format(R"("circuit_breaker": {{{}}})", keys)));
  };
  EXPECT_EQ(
      "mcpServers.s.circuit_breaker: expected consecutive_failures or failure_rate_threshold above 0: nothing "
      "opens the circuit",
      error(R"("consecutive_failures": 0, "failure_rate_threshold": 0)"));
  EXPECT_EQ("mcpServers.s.circuit_breaker.failures: expected at least one kind of failure: nothing opens the circuit",
            error(R"("failures": [])"));
  EXPECT_EQ("mcpServers.s.circuit_breaker.wait_duration: expected at most max_wait_duration (10s), found 30s",
            error(R"("max_wait_duration": "10s")"));
  EXPECT_EQ(
      "mcpServers.s.circuit_breaker.failures[0]: expected 'timeout' or 'child_exited' or 'internal_error' or "
      "'rpc_error' or 'tool_error' or 'unavailable', found 'timeouts'",
      error(R"("failures": ["timeouts"])"));
}

TEST(ConfigReader, ReadsWhoOwnsAChild) {
  auto const config = good(service(R"("isolation": "affinity", "affinity": {"header": "X-User-Id", "keep": "5m"})"));

  EXPECT_EQ(Isolation::Affinity, config.services.at(0).isolation);
  EXPECT_EQ("x-user-id", config.services.at(0).affinity.header);
  EXPECT_EQ(5min, config.services.at(0).affinity.keep);
}

TEST(ConfigReader, WantsSomethingToTellOwnersApartBy) {
  EXPECT_EQ(
      "mcpServers.s.affinity: expected a header, as there are neither gateway.auth.tokens nor client certificates to "
      "tell owners apart",
      first_error(service(R"("isolation": "affinity")")));
  EXPECT_EQ("mcpServers.s.affinity.header: expected the name of a header such as \"x-user-id\", found 'a b'",
            first_error(service(R"("isolation": "affinity", "affinity": {"header": "a b"})")));
  EXPECT_TRUE(errors_of(R"({"gateway": {"auth": {"tokens": [{"name": "a", "token": "0123456789abcdef"}]}},
                            "mcpServers": {"s": {"command": "x", "isolation": "affinity"}}})")
                  .empty());
  EXPECT_EQ(2U, good(service(R"("isolation": "session", "replicas": 2, "affinity": {})")).warnings.size());
}

TEST(ConfigReader, TellsEveryErrorAtOnce) {
  auto const errors = errors_of(R"({
    "gateway": {"limits": {"max_sessions": -5}, "sse_keepalive": 15, "lisen": "x"},
    "mcpServers": {"a": {"args": []}, "b": {"command": "prog", "max_calls": "many", "cal_timeout": "1s"}}})");

  EXPECT_EQ((std::vector<std::string>{
                "gateway.sse_keepalive: expected a duration with its unit such as \"30s\" (ms, s, m, h) in 1s..1h, "
                "found 15",
                "gateway.limits.max_sessions: expected 1..1000000, found -5",
                "gateway: unknown key 'lisen'; did you mean 'listen'?",
                "mcpServers.a: expected the key 'command', which is missing",
                "mcpServers.b.max_calls: expected a whole number in 1..100000, found 'many'",
                "mcpServers.b: unknown key 'cal_timeout'; did you mean 'call_timeout'?",
            }),
            errors);
}

TEST(ConfigReader, ChecksEachBound) {
  struct Case {
    std::string text;
    std::string error;
  };
  std::vector<Case> const cases{
      {service(R"("call_timeout": "9ms")"), "mcpServers.s.call_timeout: expected 10ms..24h, found '9ms'"},
      {service(R"("call_timeout": "2h")"),
       "mcpServers.s.call_timeout: expected at most call_timeout_max (30m), found 2h"},
      {service(R"("restart": {"backoff_max": "1ms"})"),
       "mcpServers.s.restart.backoff_initial: expected at most backoff_max (1ms), found 250ms"},
      {service(R"("args": "-y")"), "mcpServers.s.args: expected a list of texts, [\"a\", \"b\"], found a text"},
      {service(R"("args": ["a", 5])"), "mcpServers.s.args[1]: expected a text, found 5"},
      {service(R"("isolation": "none")"),
       "mcpServers.s.isolation: expected 'shared' or 'session' or 'affinity', found 'none'"},
      {service(R"("max_calls": 1.5)"), "mcpServers.s.max_calls: expected a whole number in 1..100000, found 1.5"},
      {service(R"("env": {"MCP_GATEWAY_CHILD": "x"})"),
       "mcpServers.s.env.MCP_GATEWAY_CHILD: the gateway sets this variable itself"},
      {gateway_with(R"("limits": {"replay_bytes": "2GiB"})"),
       "gateway.limits.replay_bytes: expected 0B..1GiB, found '2GiB'"},
      {gateway_with(R"("limits": {"max_sessions": 18446744073709551615})"),
       "gateway.limits.max_sessions: expected 1..1000000, found 18446744073709551615"},
      {gateway_with(R"("base_path": "/a/")"),
       "gateway.base_path: expected \"\" or a path such as \"/team-a\" without a slash at its end, found "
       "'/a/'"},
      {gateway_with(R"("allowed_origins": ["chat.example.com"])"),
       "gateway.allowed_origins[0]: expected an origin such as \"https://chat.example.com\", found "
       "'chat.example.com'"},
  };
  for (auto const& [text, error] : cases) EXPECT_EQ(error, first_error(text));
}

TEST(ConfigReader, SaysWhereTheJsonIsBroken) {
  EXPECT_EQ("line 3, column 5: not valid JSON: unexpected string literal; expected ',' or '}'",
            first_error("{\n  \"a\": 1\n  \"b\": 2\n}"));
  EXPECT_EQ("the file: expected an object such as {\"mcpServers\": {...}}, found a list", first_error("[1]"));
}

TEST(ConfigReader, RefusesKeysThatStandTwice) {
  EXPECT_EQ("mcpServers.s.args: this key stands twice", first_error(service(R"("args": [{"x": 1}], "args": [])")));
  EXPECT_EQ("mcpServers.s: this key stands twice",
            first_error(R"({"mcpServers": {"s": {"command": "a"}, "s": {"command": "b"}}})"));
}

TEST(ConfigReader, RefusesNestingThatWouldExhaustTheStack) {
  EXPECT_NE(std::string::npos, first_error(std::string(100'000, '[')).find("at most 32 levels"));
}

TEST(ConfigReader, AllowsCommentsTrailingCommasAndAByteOrderMark) {
  auto const config = good(
      "\xEF\xBB\xBF"
      R"({ // a "comment", with a comma,
    "mcpServers": { /* , } */
      "s": {"command": "//not a comment", "args": ["a,]", "b\",}", /* , */ ], }, // last,
    },
  })");

  EXPECT_EQ("//not a comment", config.services.at(0).command);
  EXPECT_EQ((std::vector<std::string>{"a,]", "b\",}"}), config.services.at(0).args);
}

TEST(ConfigReader, RefusesCommasThatStandForNothing) {
  EXPECT_EQ(1U, errors_of(service(R"("args": [,])")).size());
  EXPECT_EQ(1U, errors_of(service(R"("args": ["a",,])")).size());
}

TEST(ConfigReader, ReadsTheOutputsOfTheLog) {
  auto const config = good(gateway_with(R"("log": {"outputs": [
      {"kind": "stderr", "level": "warn"},
      {"kind": "file", "path": "/x.json", "max_size": "1MiB", "keep": 2, "format": "text"}]})"));

  EXPECT_EQ(
      (std::vector<LogOutput>{
          {.kind = LogOutputKind::Stderr, .level = LogLevel::Warn},
          {.kind = LogOutputKind::File, .format = LogFormat::Text, .path = "/x.json", .max_size = kMiB, .keep = 2}}),
      config.gateway.log.outputs);
}

TEST(ConfigReader, RefusesTwoOutputsToOnePlace) {
  EXPECT_EQ(
      "gateway.log.outputs[1]: expected another target than that of gateway.log.outputs[0]: both would write to the "
      "same place",
      first_error(gateway_with(
          R"("log": {"outputs": [{"kind": "file", "path": "/a"}, {"kind": "file", "path": "/b/../a"}]})")));
}

TEST(ConfigReader, KeepsWhatWasPutIntoAServiceForVariablesAndFiles) {
  auto const text =
      service(R"("args": ["--token=${A}", "${NOT_SET:-by-default}", "$${B}"], "env": {"K": "<${file:/run/key}>"})");
  auto const config = good(text, environment_with({{"A", "alpha"}, {"B", "beta"}}, {{"/run/key", "gamma\n"}}));
  EXPECT_EQ((std::vector{Secret("alpha"), Secret("gamma")}), config.services.at(0).put_in);
}

TEST(ConfigReader, ExpandsVariablesAndFilesInEveryText) {
  auto const environment = environment_with({{"A", "x${B}$"}, {"B", "y"}, {"EMPTY", ""}, {"N", "7"}, {"OFF", "true"}},
                                            {{"/run/key", "k\n"}});
  auto const config = good(service(R"("args": ["${A}${B}", "${NO:-d:-e}", "${EMPTY:-d}", "${EMPTY}|", "$${B} $B $"],
                                      "env": {"K": "<${file:/run/key}>"}, "max_calls": "${N}", "disabled": "${OFF}")"),
                           environment);

  auto const& s = config.services.at(0);
  EXPECT_EQ((std::vector<std::string>{"x${B}$y", "d:-e", "d", "|", "${B} $B $"}), s.args);
  EXPECT_EQ("<k>", s.env.at("K").reveal());
  EXPECT_EQ(7U, s.max_calls);
  EXPECT_TRUE(s.disabled);
}

TEST(ConfigReader, NamesEachVariableAndFileThatIsMissing) {
  auto const config =
      good(service(R"("args": ["${A} ${B}"], "env": {"K": "${file:/no}", "A": "${A}"}, "cwd": "${x y}")"));

  EXPECT_EQ((std::vector<std::string>{
                "args[0]: the environment variable A is not set; ${A:-default} would give a default",
                "args[0]: the environment variable B is not set; ${B:-default} would give a default",
                "env.K: the file /no cannot be read: it is not there",
                "cwd: expected ${VAR}, ${VAR:-default} or ${file:/path}, found '${x y}' (write $${ for a literal ${)",
            }),
            config.services.at(0).faults);
}

TEST(ConfigReader, StillWantsTheVariablesOfTheGatewayItself) {
  EXPECT_EQ("gateway.admin_token: the environment variable A is not set; ${A:-default} would give a default",
            first_error(gateway_with(R"("admin_token": "${A}")")));
}

TEST(ConfigReader, ExplainsWhatOnlyAnEditorKnows) {
  auto const fault = [](std::string const& text) {
    return good(service(fmt::format(R"("args": ["{}"])", text))).services.at(0).faults.at(0);
  };
  EXPECT_EQ(
      "args[0]: ${workspaceFolder} is an editor's variable; write the folder's path, or ${dir} for that of this file",
      fault("${workspaceFolder}/x"));
  EXPECT_EQ(
      "args[0]: ${workspaceFolder:app} is an editor's variable; write the folder's path, or ${dir} for that of this "
      "file",
      fault("${workspaceFolder:app}"));
  EXPECT_EQ("args[0]: ${userHome} is an editor's variable; write ${HOME}", fault("${userHome}"));
  EXPECT_EQ("args[0]: ${/} is an editor's variable; write /", fault("a${/}b"));
  EXPECT_EQ("args[0]: ${command:pick} is an editor's variable; write what it stands for", fault("${command:pick}"));
  EXPECT_EQ(
      "args[0]: ${input:github-token2} is what an editor asks its user for; put it into an environment variable and "
      "write ${GITHUB_TOKEN2}",
      fault("${input:github-token2}"));
}

TEST(ConfigReader, ReadsVariablesAsEditorsWriteThem) {
  auto const config = good(service(R"("args": ["${env:A}", "${env:NO:-d}", "${workspaceFolder}"])"),
                           environment_with({{"A", "x"}, {"workspaceFolder", "/w"}}));

  EXPECT_EQ((std::vector<std::string>{"x", "d", "/w"}), config.services.at(0).args);
}

TEST(ConfigReader, OnlyWarnsAboutVariablesOfADisabledService) {
  auto const config = good(service(R"("disabled": true, "env": {"K": "${A}"})"));

  EXPECT_TRUE(config.services.at(0).disabled);
  EXPECT_EQ("mcpServers.s.env.K", config.warnings.at(0).path);
}

TEST(ConfigReader, NeverShowsASecretInAnError) {
  auto const environment = environment_with({{"KEY", "hunter2"}, {"LONG", "hunter2 with spaces"}});
  std::vector<std::string> const texts{
      R"({"mcpServers": {"s": {"command": "prog", "env": {"K": "hunter2)",
      R"({"mcpServers": {"s": {"command": "prog", "env": {"K": "hunter2" "x"}}}})",
      R"({"mcpServers": {"s": {"command": "prog", "env": "K=hunter2"}}})",
      service(R"("env": {"K": ["hunter2"]})"),
      service(R"("env": {"K=hunter2": ""})"),
      service(R"("pass_env": ["K=hunter2"])"),
      service(R"("max_calls": "${KEY}")"),
      service(R"("listen": "${KEY}")"),
      gateway_with(R"("auth": {"tokens": ["hunter2"]})"),
      gateway_with(R"("auth": {"tokens": "hunter2"})"),
      gateway_with(R"("auth": {"tokens": [{"name": "a", "token": "${LONG}"}]})"),
      gateway_with(R"("auth": {"tokens": [{"name": "a", "sha256": "hunter2"}]})"),
  };
  for (auto const& text : texts) {
    auto const errors = errors_of(text, environment);
    EXPECT_FALSE(errors.empty()) << text;
    for (auto const& error : errors) EXPECT_EQ(std::string::npos, error.find("hunter2")) << error;
  }
}

TEST(ConfigReader, UnderstandsTheKeysOfOtherPrograms) {
  auto const config = good(R"({"servers": {
    "a": {"type": "stdio", "command": "prog", "autoApprove": ["x"], "disabledTools": [], "timeout": 60},
    "b": {"transportType": "stdio", "command": "prog", "enabled": false, "timeout": 60000, "_note": "hello"},
    "c": {"command": "prog", "timeout": 3600},
    "d": {"url": "https://x", "disabled": true}}})");

  ASSERT_EQ(4U, config.services.size());
  EXPECT_EQ(60s, config.services[0].call_timeout);
  EXPECT_EQ(60s, config.services[1].call_timeout);
  EXPECT_TRUE(config.services[1].disabled);
  EXPECT_EQ(1h, config.services[2].call_timeout);
  EXPECT_EQ(1h, config.services[2].call_timeout_max);
  EXPECT_TRUE(config.services[3].disabled);
  EXPECT_EQ(3U, config.warnings.size());
}

TEST(ConfigReader, WarnsOfLoopsThatNoServiceIsLeftFor) {
  auto const with = [](std::string const& loops) {
    return good(R"({"gateway": {"loops": )" + loops + R"(}, "mcpServers": {
      "a": {"command": "prog"}, "b": {"command": "prog"}, "off": {"command": "prog", "disabled": true}}})");
  };
  EXPECT_TRUE(with("2").warnings.empty());
  EXPECT_EQ(3U, with("3").gateway.loops);
  EXPECT_EQ("gateway.loops", with("3").warnings.at(0).path);
  EXPECT_EQ("gateway.loops: expected 1..64, found 0",
            first_error(R"({"gateway": {"loops": 0}, "mcpServers": {"a": {"command": "prog"}}})"));
}

TEST(ConfigReader, RefusesNamesThatWouldHideOurPathsOrEachOther) {
  auto const named = [](std::string_view a, std::string_view b) {
    return fmt::format(R"({{"mcpServers": {{"{}": {{"command": "x"}}, "{}": {{"command": "x"}}}}}})", a, b);
  };
  EXPECT_EQ("mcpServers.Health: 'Health' is one of the gateway's own paths; give the service another name",
            first_error(named("a", "Health")));
  EXPECT_EQ(
      "mcpServers.GitHub: expected another name than that of mcpServers.github: both would be served under "
      "/GitHub/",
      first_error(named("github", "GitHub")));
  EXPECT_EQ(1U, errors_of(named("a", "..")).size());
  EXPECT_EQ(1U, errors_of(named("a", "//")).size() + errors_of(named("a", "!")).size());
}

TEST(ConfigReader, RefusesTwoListenersOnOneAddress) {
  EXPECT_EQ(
      "gateway.admin_listen: expected an address of its own, found 127.0.0.1:8080, which gateway.listen "
      "needs",
      first_error(gateway_with(R"("admin_listen": "127.0.0.1:8080")")));
  EXPECT_EQ("mcpServers.s.listen: expected an address of its own, found 0.0.0.0:8080, which gateway.listen needs",
            first_error(service(R"("listen": ":8080")")));
  EXPECT_TRUE(errors_of(gateway_with(R"("listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0")")).empty());
}

TEST(ConfigReader, WantsExactlyOneFormOfEachToken) {
  auto const tokens = [](std::string_view list) {
    return gateway_with(fmt::format(R"("auth": {{"tokens": [{}]}})", list));
  };
  EXPECT_EQ("gateway.auth.tokens[0]: expected exactly one of token and sha256",
            first_error(tokens(R"({"name": "a"})")));
  EXPECT_EQ("gateway.auth.tokens[1].name: expected another name than that of gateway.auth.tokens[0]",
            first_error(tokens(R"({"name": "a", "token": "t"}, {"name": "a", "token": "u"})")));
  auto const digest = std::string(64, 'A');
  EXPECT_EQ(std::string(64, 'a'),
            good(tokens(R"({"name": "a", "sha256": ")" + digest + "\"}")).gateway.auth.tokens.at(0).sha256);
}

TEST(ConfigReader, ReadsWhenATokenExpires) {
  auto const expiry = [](std::string_view text) {
    return gateway_with(fmt::format(R"("auth": {{"tokens": [{{"name": "a", "token": "t", "expires": "{}"}}]}})", text));
  };
  auto const read = [&](std::string_view text) {
    return good(expiry(text)).gateway.auth.tokens.at(0).expires->time_since_epoch().count();
  };
  EXPECT_EQ(1'801'353'600, read("2027-01-31"));
  EXPECT_EQ(1'801'353'600 + 18 * 3600 + 62, read("2027-01-31T18:01:02Z"));
  for (auto const* const bad : {"", "2027", "2027-02-30", "2027-01-31T18:01:02", "2027-01-31T24:00:00Z", "2027-1-31",
                                "2027-01-31T18:01:02Z ", "31.01.2027"}) {
    EXPECT_EQ(0U, first_error(expiry(bad)).find("gateway.auth.tokens[0].expires: expected a day or a time in UTC"))
        << bad;
  }
}

TEST(ConfigReader, ChecksIssuersTogether) {
  auto const oauth = [](std::string_view issuers, std::string_view more = R"("public_url": "https://g",)") {
    return gateway_with(fmt::format(R"({} "auth": {{"oauth": {{"issuers": [{}]}}}})", more, issuers));
  };
  auto const config = good(oauth(R"({"issuer": "https://login.test:8443/realms/a"})"));
  EXPECT_EQ("login.test", config.gateway.auth.oauth.issuers.at(0).name);
  EXPECT_TRUE(config.gateway.auth.required());
  EXPECT_EQ(0U,
            first_error(oauth(R"({"issuer": "https://i"})", "")).find("gateway.public_url: expected the URL under"));
  EXPECT_EQ(
      "gateway.auth.oauth.issuers[1].name: expected another name than 'i', which is that of "
      "gateway.auth.oauth.issuers[0]",
      first_error(oauth(R"({"issuer": "https://i"}, {"issuer": "https://i/b"})")));
  EXPECT_EQ("gateway.auth.oauth.issuers[0]: expected at most one of jwks_uri and jwks_file",
            first_error(oauth(R"({"issuer": "https://i", "jwks_uri": "https://i/k", "jwks_file": "/k"})")));
  EXPECT_EQ(
      "gateway.auth.oauth.issuers[1].introspection: expected one issuer at most to have this: opaque tokens name "
      "none",
      first_error(oauth(R"({"issuer": "https://i", "introspection": {"client_id": "a", "client_secret": "b"}},)"
                        R"({"issuer": "https://j", "introspection": {"client_id": "a", "client_secret": "b"}})")));
  for (auto const* const bad : {"", "i", "ftp://i", "https://", "https://u@i", "https://i#f", "https://i j"})
    EXPECT_EQ(0U, first_error(oauth(fmt::format(R"({{"issuer": "{}"}})", bad)))
                      .find("gateway.auth.oauth.issuers[0].issuer: expected a URL"))
        << bad;
}

TEST(ConfigReader, ReportsWhatIsWrongWithAFileOfTokens) {
  EXPECT_EQ(0U, first_error(gateway_with(R"("auth": {"tokens_file": "tokens.json"})"))
                    .find("gateway.auth.tokens_file: expected an absolute path"));
  EXPECT_EQ(0U, first_error(gateway_with(R"("auth": {"tokens_file": "/nowhere/tokens.json"})"))
                    .find("gateway.auth.tokens_file: expected a file of tokens; "));
}

TEST(ConfigReader, ReadsRulesAndQuotas) {
  auto const config = fakes::good(R"({"gateway": {
      "policy": {"default": "deny", "rules": [{"effect": "allow", "claims": {"groups": ["dev"]}, "services": ["a"]}]},
      "quotas": [{"tools": ["*"], "each": ["principal", "tool"], "calls": 60, "per": "1m"}]},
    "mcpServers": {"a": {"command": "x", "tool_limits": [{"tools": ["s*"], "call_timeout": "5m"}]}}})");
  EXPECT_EQ(Effect::Deny, config.gateway.policy.otherwise);
  EXPECT_EQ(std::vector<std::string>{"dev"}, config.gateway.policy.rules.at(0).claims.at("groups"));
  EXPECT_EQ((std::vector{QuotaEach::Principal, QuotaEach::Tool}), config.gateway.quotas.at(0).each);
  EXPECT_EQ(std::chrono::minutes{5}, config.services.at(0).tool_limits.at(0).call_timeout);
}

TEST(ConfigReader, ReportsVariablesOfOwnersThatNobodyCouldHave) {
  auto const error = [](std::string const& from, std::string const& isolation = "affinity") {
    return fakes::first_error(R"({"gateway": {"auth": {"tokens": [{"name": "a", "token": "0123456789abcdef"}]}},
      "mcpServers": {"a": {"command": "x", "isolation": ")" +
                              isolation + R"(", "owner_env": {"V": )" + from + "}}}}");
  };
  EXPECT_EQ("no error", error(R"({"claim": "github"})"));
  EXPECT_EQ("no error", error(R"({"file": "/run/{principal}/token"})"));
  EXPECT_EQ("mcpServers.a.owner_env: expected isolation: affinity, so that each owner has a child of its own",
            error(R"({"claim": "github"})", "shared"));
  EXPECT_EQ("mcpServers.a.owner_env.V: expected exactly one of claim, header and file",
            error(R"({"claim": "github", "header": "x-github"})"));
  for (auto const* header : {"Authorization", "x-api-key", "COOKIE", "mcp-session-id"})
    EXPECT_NE("no error", error(R"({"header": ")" + std::string(header) + "\"}")) << header;
  EXPECT_NE("no error", error(R"({"file": "token"})"));
}

TEST(ConfigReader, ReportsRulesThatSayNothingOrTooMuch) {
  auto const error = [](std::string const& gateway) {
    auto const errors = errors_of(R"({"gateway": {)" + gateway + R"(}, "mcpServers": {"a": {"command": "x"}}})");
    return errors.size() == 1 ? errors.front() : std::to_string(errors.size()) + " errors";
  };
  EXPECT_EQ("gateway.policy.rules[0].tools: expected a list of names of tools, such as [\"get_*\"], found an empty one",
            error(R"("policy": {"rules": [{"effect": "allow", "tools": []}]})"));
  EXPECT_EQ("gateway.policy.rules[0]: expected the key 'effect', which is missing",
            error(R"("policy": {"rules": [{"tools": ["x"]}]})"));
  EXPECT_EQ("gateway.policy.default: expected 'allow' or 'deny', found 'no'", error(R"("policy": {"default": "no"})"));
  EXPECT_EQ("gateway.quotas[0]: expected calls, in_flight or both", error(R"("quotas": [{"per": "1s"}])"));
  EXPECT_EQ("gateway.quotas[0].tools: expected names of tools, such as [\"*\"], as each has \"tool\"",
            error(R"("quotas": [{"each": ["tool"], "in_flight": 1}])"));
  EXPECT_EQ("gateway.quotas[0].burst: expected calls, which burst is about",
            error(R"("quotas": [{"burst": 2, "in_flight": 1}])"));
}

TEST(ConfigReader, KnowsWhichTopLevelKeysAreMistyped) {
  EXPECT_EQ("gatway: unknown key 'gatway'; did you mean 'gateway'?",
            first_error(R"({"gatway": {}, "mcpServers": {"s": {"command": "prog"}}})"));
  EXPECT_EQ("mcpServer: unknown key 'mcpServer'; did you mean 'mcpServers'?", first_error(R"({"mcpServer": {}})"));
  EXPECT_EQ("mcpServers: expected at least one service, found none", first_error(R"({"mcpServers": {}})"));
  EXPECT_EQ("mcpServers: expected at least one service, found none; the file's keys are 'inputs', 'editor.fontSize'",
            first_error(R"({"inputs": [], "editor.fontSize": 12})"));
}

TEST(Secret, PrintsStars) {
  std::ostringstream out;
  out << Secret{"hunter2"};

  EXPECT_EQ("***", out.str());
  EXPECT_EQ("***", fmt::format("{}", Secret{"hunter2"}));
  EXPECT_EQ("***", ::testing::PrintToString(Secret{"hunter2"}));
}

TEST(ListenAddress, ReadsEachWayToWriteOne) {
  auto const read = [](std::string_view text) {
    auto const address = parse_listen_address(text);
    return address ? to_string(*address) : "error";
  };
  EXPECT_EQ("127.0.0.1:8501", read("127.0.0.1:8501"));
  EXPECT_EQ("[::1]:80", read("[::1]:80"));
  EXPECT_EQ("0.0.0.0:8080", read(":8080"));
  EXPECT_EQ("127.0.0.1:8080", read("8080"));
  EXPECT_EQ("127.0.0.1:0", read("localhost:0"));
  EXPECT_EQ("[fe80::1:2]:1", read("[fe80::1:2]:1"));
  for (auto const* const text :
       {"", ":", "8080x", "65536", "-1", "1.2.3:80", "1.2.3.256:80", "1.2.3.04:80", "1.2.3.4.5:80", "::1:80", "[::1]",
        "[1::2::3]:80", "[:1]:80", "[12345::]:80", "[1:2:3:4:5:6:7]:80", "host:80", "127.0.0.1:"})
    EXPECT_EQ("error", read(text)) << text;
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineReaches) {
  EXPECT_TRUE(is_loopback(ListenAddress{}));
  EXPECT_TRUE(is_loopback({.host = "::1", .port = 1}));
  EXPECT_FALSE(is_loopback({.host = "0.0.0.0", .port = 1}));
}

}  // namespace
}  // namespace gateway::config
