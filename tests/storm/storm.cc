#include "tests/storm/storm.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "tests/harness/test_gateway.h"
#include "tests/storm/children.h"
#include "tests/storm/clients.h"

namespace gateway::storm {

namespace {

/// One that opens and closes within a short story.
config::CircuitBreakerConfig circuit_breaker_of(Choices& choices) {
  config::CircuitBreakerConfig config{
      .consecutive_failures = 2, .minimum_calls = 3, .window = seconds(10), .wait_duration = seconds(1)};
  config.permitted_calls_in_half_open = 1 + choices.below(2);
  if (choices.once_in(2)) config.failures.push_back(config::CallFailure::ToolError);
  if (choices.once_in(2)) config.failures.push_back(config::CallFailure::Unavailable);
  if (choices.once_in(2)) config.tools = {"*"};
  if (choices.once_in(2)) config.max_wait_duration = seconds(4);
  return config;
}

/// Small bounds, so that a short story meets all of them.
config::Config config_of(Choices& choices) {
  using std::chrono::minutes;
  config::Config config;
  auto& limits = config.gateway.limits;
  limits.max_connections = 24;
  limits.max_sessions = 18;
  limits.max_calls_per_session = 4;
  limits.max_request_bytes = 64 * 1024;
  limits.max_result_bytes = 128 * 1024;
  limits.max_client_queue_bytes = 64 * 1024;
  limits.max_stdin_queue_bytes = 64 * 1024;
  limits.session_idle_timeout = seconds(40);
  limits.replay_events = 16;
  limits.replay_bytes = 8 * 1024;
  config.gateway.log.level = choices.once_in(4) ? config::LogLevel::Debug : config::LogLevel::Error;
  config.gateway.drain_timeout = choices.once_in(2) ? seconds(3) : seconds(25);
  config.gateway.log.audit = choices.once_in(4);
  if (choices.once_in(2)) {
    for (auto const* const name : {"alice", "bob"}) {
      config.gateway.auth.tokens.push_back(
          {.name = name, .token = config::Secret(std::string(name) + "-token"), .sha256 = {}});
    }
  }
  constexpr std::array kKinds{
      std::pair{"one", config::Isolation::Shared},  std::pair{"two", config::Isolation::Shared},
      std::pair{"own", config::Isolation::Session}, std::pair{"kin", config::Isolation::Affinity},
      std::pair{"new", config::Isolation::Shared},  std::pair{"new-own", config::Isolation::Session}};
  for (auto const& [name, isolation] : kKinds) {
    auto service = harness::service(name, isolation);
    service.call_timeout = seconds(5);
    service.call_timeout_max = seconds(20);
    service.start_timeout = seconds(4);
    service.server_request_timeout = seconds(5);
    service.max_calls = 4;
    service.max_queue = 6;
    service.max_children = 3;
    service.restart.backoff_max = seconds(2);
    service.restart.crash_loop_pause = seconds(5);
    service.stop = {.stdin_grace = seconds(1), .term_grace = seconds(1)};
    if (choices.once_in(3)) service.circuit_breaker = circuit_breaker_of(choices);
    config.services.push_back(std::move(service));
  }
  config.services[0].idle_stop = seconds(10);
  config.services[0].recycle.max_age = seconds(60);
  config.services[1].replicas = 2;
  config.services[1].probe =
      config::ProbeConfig{.tool = "echo", .method = {}, .interval = seconds(3), .timeout = seconds(1)};
  for (auto& each : config.services) {
    auto const era = speaks_stateless(each.name) ? config::ServerEra::Modern : config::ServerEra::Legacy;
    each.era = choices.once_in(2) ? era : config::ServerEra::Auto;
  }
  config.services[4].idle_stop = seconds(10);
  config.services[3].affinity = {.header = "x-owner", .keep = seconds(5)};
  return config;
}

class Storm {
 public:
  Storm(Choices& choices, std::uint64_t seed, Ledger::Telling telling)
      : choices_(choices),
        gateway_(config_of(choices), seed),
        ledger_(telling),
        children_(gateway_, choices, ledger_),
        clients_(gateway_, choices, ledger_) {
    gateway_.log().keeps = false;
  }

  void step() {
    switch (choices_.below(16)) {
      case 0: pass_time(); break;
      case 1: choices_.once_in(8) ? reload() : operate(); break;
      case 2:
      case 3:
      case 4:
      case 5:
      case 6: children_.act(); break;
      default: clients_.act(); break;
    }
    turn();
    if (++steps_ % 32 == 0) expect_sane_counts();
  }

  /// Everybody behaves from now on: whoever is still there gets all it is owed. The gateway waits a minute for answers
  /// of children to its own questions.
  void calm_down() {
    gateway_.spawner().refuse(0);
    children_.behave();
    clients_.behave();
    for (auto i = 0; i < 130; ++i) {
      gateway_.advance(milliseconds(500));
      for (auto turns = 0; turns < 4; ++turns) turn();
    }
    clients_.expect_all_answered();
    children_.expect_no_question();
    clients_.await_news();
    children_.tell_all_news();
    for (auto turns = 0; turns < 8; ++turns) turn();
    clients_.expect_news();
    if (operations_ != told_) throw Broken(fmt::format("{} operators asked, {} were told", operations_, told_));
  }

  [[nodiscard]] Seen const& seen() { return ledger_.seen(); }

  void end() {
    clients_.await_ends();
    gateway_.shard().drain();
    turn();
    gateway_.shard().stop();
    for (auto i = 0; i < 8; ++i) {
      gateway_.advance(seconds(1));
      turn();
    }
    if (!gateway_.is_over()) throw Broken("the gateway was stopped and did not end");
    clients_.expect_ends();
    clients_.leave_all();
    gateway_.turn(2);
    expect_nothing_left();
  }

 private:
  void turn() {
    gateway_.turn();
    children_.listen();
    clients_.listen();
  }

  void pass_time() {
    constexpr std::array<milliseconds, 6> kSpans{milliseconds(30), milliseconds(300), seconds(1),
                                                 seconds(3),       seconds(6),        seconds(20)};
    gateway_.advance(kSpans[choices_.below(6)]);
  }

  /// Of most, what is changed needs other children; of some it does not.
  void reload() {
    auto config = gateway_.config();
    auto& service = config.services[choices_.below(6)];
    switch (choices_.below(4)) {
      case 0: service.call_timeout = seconds(4 + choices_.below(2)); break;
      case 1: config.gateway.mask_error_details = !config.gateway.mask_error_details; break;
      default: service.cwd = service.cwd.empty() ? "/" : ""; break;
    }
    gateway_.reload(std::move(config));
  }

  void operate() {
    auto const service = gateway_.directory().services()[choices_.below(6)].key;
    backend::Operation operation;
    switch (choices_.below(7)) {
      case 0: operation = backend::Restart{}; break;
      case 6: operation = backend::Renew{}; break;
      case 1: operation = backend::Drain{true}; break;
      case 2: operation = backend::ListTools{}; break;
      case 3: operation = backend::CallTool{"echo", R"({"x":1})"}; break;
      case 4: operation = backend::ResetCircuits{}; break;
      default: operation = backend::Drain{false}; break;
    }
    ++operations_;
    gateway_.shard().operate(service, operation, [this](backend::OperationEnd const&) { ++told_; });
    // One that lets nobody in for long makes a dull story.
    if (std::holds_alternative<backend::Drain>(operation) && choices_.below(4) != 0) {
      gateway_.shard().operate(service, backend::Drain{false}, [](backend::OperationEnd const&) {});
    }
  }

  void expect_sane_counts() {
    auto const health = gateway_.shard().health_here();
    std::size_t sessions = 0;
    for (auto const& service : health.services) {
      sessions += service.sessions;
      if (service.calls_in_flight > 10'000) throw Broken(fmt::format("{} calls in flight", service.calls_in_flight));
    }
    if (sessions != gateway_.sessions().taken()) {
      throw Broken(fmt::format("{} sessions, but {} are allowed for", sessions, gateway_.sessions().taken()));
    }
    if (gateway_.connections().taken() > gateway_.config().gateway.limits.max_connections)
      throw Broken("too many connections");
  }

  void expect_nothing_left() {
    expect_sane_counts();
    if (gateway_.sessions().taken() != 0)
      throw Broken(fmt::format("{} sessions are left", gateway_.sessions().taken()));
    if (gateway_.connections().taken() != 0)
      throw Broken(fmt::format("{} connections are left", gateway_.connections().taken()));
    if (!gateway_.spawner().alive().empty()) throw Broken("a child is left");
    auto const text = gateway_.metrics();
    for (std::size_t line = 0; line < text.size(); line = text.find('\n', line) + 1) {
      auto const end = text.find('\n', line);
      auto const value = text.rfind(' ', end);
      if (text[value + 1] == '-') throw Broken("a count below zero: " + text.substr(line, end - line));
      auto const name = text.substr(line, text.find('{', line) - line);
      auto const is_current = name == "mcp_gateway_sessions_active" || name == "mcp_gateway_requests_in_flight";
      if (is_current && text.substr(value + 1, end - value - 1) != "0")
        throw Broken("not zero at the end: " + text.substr(line, end - line));
    }
  }

  Choices& choices_;
  harness::TestGateway gateway_;
  Ledger ledger_;
  Children children_;
  Clients clients_;
  std::size_t steps_ = 0;
  std::size_t operations_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

Seen live_through(Choices& choices, std::size_t steps, std::uint64_t seed, Ledger::Telling telling) {
  Storm storm(choices, seed, telling);
  for (std::size_t i = 0; i < steps && !choices.exhausted(); ++i) storm.step();
  storm.calm_down();
  storm.end();
  return storm.seen();
}

}  // namespace gateway::storm
