// validate-config and health-check.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <thread>

#include "gateway/cli/check.h"
#include "gateway/cli/deployments.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/target.h"
#include "gateway/deploy/exit_codes.h"

namespace gateway::cli {

namespace {

using HealthJson = nlohmann::ordered_json;
using HealthClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kHealthPatience{10};
constexpr std::chrono::milliseconds kNextLook{200};

HealthJson lines_in(std::string const& text) {
  auto lines = HealthJson::array();
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// What was seen of the health of an instance.
struct SeenHealth {
  int exit_code = deploy::kCannotConnect;
  HealthJson page{};
  std::string why{};
};

SeenHealth look_at(GatewayAddress const& address, std::chrono::milliseconds patience) {
  auto const url = url_of(address.text, "/health", NamedPage::Replace);
  auto const whole = std::max(std::chrono::ceil<std::chrono::seconds>(patience), std::chrono::seconds{1});
  auto const answer = http_get(*url, address.trust, whole);
  if (!answer) return {.exit_code = exit_code_of(answer.error()), .page = {}, .why = answer.error().what};
  SeenHealth seen{
      .exit_code = deploy::kCheckFailed, .page = HealthJson::parse(answer->body, nullptr, false), .why = {}};
  if (!seen.page.is_object() || !seen.page.contains("status")) {
    seen.why = fmt::format("expected the health of a gateway at {}, found status {}", *url, answer->status);
    seen.page = {};
  } else if (auto const status = seen.page["status"].get<std::string>(); status == "HEALTHY") {
    seen.exit_code = deploy::kWell;
  } else {
    seen.why = fmt::format("it is {}: {}", status, seen.page.value("reason", "it does not say why"));
  }
  return seen;
}

/// Looks until it is healthy, or the time is over.
SeenHealth wait_for_health(GatewayAddress const& address, std::chrono::milliseconds patience) {
  auto const until = HealthClock::now() + patience;
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - HealthClock::now());
    auto seen = look_at(address, std::max(left, std::chrono::milliseconds{1}));
    if (seen.exit_code == deploy::kWell || HealthClock::now() + kNextLook >= until) return seen;
    std::this_thread::sleep_for(kNextLook);
  }
}

struct Reached {
  std::string service;
  std::string status;  ///< of its probe
  std::string reason;
};

/// What the probes of the services say that reach such a thing.
std::vector<Reached> reached_by(config::Config const& config, config::Reaches what, HealthJson const& page) {
  std::vector<Reached> found;
  auto const servers = page.is_object() ? page.value("servers", HealthJson::object()) : HealthJson::object();
  for (auto const& service : config.services) {
    if (service.disabled || !service.probe || service.probe->reaches != what) continue;
    Reached each{.service = service.name, .status = "unknown", .reason = "the gateway does not say"};
    if (auto const health = servers.value(service.name, HealthJson::object()); !health.empty()) {
      auto const probe = health.value("probe", HealthJson::object());
      each.status = probe.value("status", "unknown");
      each.reason = probe.value("reason", health.value("reason", std::string{}));
    }
    found.push_back(std::move(each));
  }
  return found;
}

int tell_reached(Arguments const& arguments, std::vector<Reached> const& all, std::ostream& out) {
  auto const well = std::ranges::all_of(all, [](Reached const& each) { return each.status == "passed"; });
  if (arguments.deployment.json) {
    auto list = HealthJson::array();
    for (auto const& each : all)
      list.push_back({{"service", each.service}, {"status", each.status}, {"reason", each.reason}});
    out << HealthJson{{"ok", well}, {"reached", list}}.dump() << '\n';
  } else if (arguments.deployment.database) {
    if (well) out << "Database connection: OK\n";
    for (auto const& each : all)
      if (each.status != "passed")
        out << fmt::format("Database connection: FAILED, {}: {}\n", each.service,
                           each.reason.empty() ? each.status : each.reason);
  } else {
    for (auto const& each : all)
      out << fmt::format("{:<16} {:<9} {}\n", each.service, each.status == "passed" ? "reachable" : each.status,
                         each.reason);
  }
  return well ? deploy::kWell : deploy::kCheckFailed;
}

/// Waits until every probe has a result and is well, as far as there is time.
int check_reached(Arguments const& arguments, Target const& target, config::Reaches what, std::ostream& out,
                  std::ostream& errors) {
  auto const name = what == config::Reaches::Database ? "database" : "external";
  auto const until = HealthClock::now() + or_usual(arguments.deployment.timeout, kHealthPatience);
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - HealthClock::now());
    auto const seen = look_at(target.health, std::max(left, std::chrono::milliseconds{1}));
    auto const all = reached_by(target.config, what, seen.page);
    if (all.empty()) {
      errors << fmt::format("health-check: no service has a probe with \"reaches\": \"{}\"\n", name);
      return deploy::kWrongUsage;
    }
    auto const judged = std::ranges::none_of(all, [](Reached const& each) { return each.status == "unknown"; });
    if (judged || HealthClock::now() + kNextLook >= until) {
      if (seen.page.is_object()) return tell_reached(arguments, all, out);
      errors << fmt::format("health-check: {}\n", seen.why);
      return seen.exit_code;
    }
    std::this_thread::sleep_for(kNextLook);
  }
}

}  // namespace

int validate_config(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  if (!arguments.deployment.json) return check(arguments, out, errors);
  std::ostringstream said;
  std::ostringstream wrong;
  auto const code = check(arguments, said, wrong);
  out << HealthJson{{"ok", code == 0}, {"report", lines_in(said.str())}, {"errors", lines_in(wrong.str())}}.dump()
      << '\n';
  return code;
}

int check_health(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const target = find_target(arguments, errors);
  if (!target) return deploy::kWrongUsage;
  auto const& asked = arguments.deployment;
  if (asked.database) return check_reached(arguments, *target, config::Reaches::Database, out, errors);
  if (asked.external_services) return check_reached(arguments, *target, config::Reaches::External, out, errors);
  auto const seen = wait_for_health(target->health, or_usual(asked.timeout, kHealthPatience));
  if (seen.page.is_object()) out << seen.page.dump(asked.json ? -1 : 2) << '\n';
  if (seen.exit_code != deploy::kWell) errors << fmt::format("health-check: {}\n", seen.why);
  return seen.exit_code;
}

}  // namespace gateway::cli
