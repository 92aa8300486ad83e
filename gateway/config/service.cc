#include "gateway/config/service.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "gateway/base/text_patterns.h"
#include "gateway/config/bridge.h"
#include "gateway/config/expand.h"
#include "gateway/config/fields.h"
#include "gateway/config/foreign.h"
#include "gateway/config/needs.h"
#include "gateway/config/values.h"

namespace gateway::config {
namespace {

constexpr std::size_t kMostPatterns = 100;

template <typename Struct>
void expect_at_most(ConfigPlace const& place, Struct const& in, milliseconds Struct::*lower,
                    milliseconds Struct::*upper, std::string_view lower_key, std::string_view upper_key) {
  if (in.*lower > in.*upper)
    place.member(lower_key).error(fmt::format("expected at most {} ({}), found {}", upper_key, duration_text(in.*upper),
                                              duration_text(in.*lower)));
}

/// First what other programs left there is taken out or understood, then the fields of ours are read.
class ServiceReader {
 public:
  ServiceReader(ConfigReport& report, Environment const& environment, ConfigPlace place, Json entry)
      : report_(report), environment_(environment), place_(std::move(place)), entry_(std::move(entry)) {}

  std::optional<ServiceConfig> read() {
    if (!entry_.is_object()) {
      place_.mismatch_hidden("an object with a command or a url", entry_);
      return std::nullopt;
    }
    adopt_foreign(place_, entry_);
    off_ = is_off();
    if (auto why = take_remote(entry_); !why.empty()) return remote(std::move(why));
    auto const foreign = drop_foreign(place_, entry_);
    auto const missing = expand();
    adopt_timeout();
    auto const enabled = take_enabled();
    auto const is_remote = has(entry_, "url");
    if (is_remote) take_command_away();
    if (foreign > 0) accept_without_command();
    read_fields(place_, entry_, service_);
    take_remote_up(is_remote);
    service_.affinity.header = lower_case(service_.affinity.header);
    for (auto& [name, from] : service_.owner_env) from.header = lower_case(from.header);
    service_.unmet = unmet_needs(service_, environment_);
    report(missing);
    if (enabled && has(entry_, "disabled") && service_.disabled == *enabled)
      place_.member("enabled").error("expected the opposite of disabled");
    service_.disabled = service_.disabled || off_ || !enabled.value_or(true);
    check();
    return std::move(service_);
  }

 private:
  bool is_off() const {
    auto const options = entry_.value("options", Json::object());
    return entry_.value("disabled", Json{}) == true || entry_.value("enabled", Json{}) == false ||
           (options.is_object() && options.value("disabled", Json{}) == true);
  }

  std::optional<ServiceConfig> remote(std::string why) {
    if (off_) {
      place_.warning(std::move(why) + "; left out, as it is disabled");
      return std::nullopt;
    }
    service_.faults.push_back(std::move(why));
    return std::move(service_);
  }

  /// The command will be ours.
  void take_command_away() {
    for (auto const* const key : {"command", "args"}) {
      if (!entry_.contains(key)) continue;
      place_.member(key).warning("Ignored: url is there too; \"type\": \"stdio\" would mean the command.");
      entry_.erase(key);
    }
    entry_["command"] = Json(Json::value_t::discarded);
  }

  void take_remote_up(bool is_remote) {
    if (!service_.url.empty() && !is_web_url(service_.url))
      service_.faults.emplace_back("url: expected a URL such as \"https://mcp.example.com/mcp\", found something else");
    else if (!service_.url.empty())
      set_bridge(service_, environment_);
    if (!is_remote && !service_.headers.empty()) place_.member("headers").warning("Ignored: there is no url.");
  }

  /// An entry of another program that says in words of its own what it starts.
  void accept_without_command() {
    if (entry_.contains("command")) return;
    service_.faults.emplace_back(
        "it has no command; expected \"command\": \"PROGRAM\" and \"args\": [...], or \"url\"");
    entry_["command"] = Json(Json::value_t::discarded);
  }

  /// Gives what could not be expanded.
  std::vector<ConfigError> expand() {
    ConfigReport own;
    expand_variables(ConfigPlace{own, place_.path()}, entry_, environment_);
    report_.originals.merge(own.originals);
    std::ranges::move(own.warnings, std::back_inserter(report_.warnings));
    service_.put_in = std::move(own.put_in);
    return std::move(own.errors);
  }

  /// What is said once is enough: a variable that is needed, or stands in several places.
  bool is_told(std::string const& what) const {
    auto const is_in = [&](std::string const& fault) { return fault.ends_with(what); };
    auto const is_needed = [&](Need const& need) {
      return !need.variable.empty() && what.starts_with(unset_text(need.variable));
    };
    return std::ranges::any_of(service_.faults, is_in) || std::ranges::any_of(service_.needs, is_needed);
  }

  /// A disabled service may name what is not there; another cannot be started without.
  void report(std::vector<ConfigError> const& missing) {
    for (auto const& error : missing) {
      if (off_) {
        report_.warnings.push_back({error.path, error.what});
      } else if (!is_told(error.what)) {
        service_.faults.push_back(fmt::format("{}: {}", error.path.substr(place_.path().size() + 1), error.what));
      }
    }
  }

  /// `timeout` of other programs: seconds for most (Cline's largest is 3600), milliseconds for some.
  void adopt_timeout() {
    if (!entry_.contains("timeout")) return;
    auto const found = std::exchange(entry_["timeout"], Json{});
    entry_.erase("timeout");
    auto const place = place_.member("timeout");
    if (found.is_null() || found.is_discarded() || found == 0) return;
    if (has(entry_, "call_timeout")) return place.warning("Ignored: call_timeout is there too.");
    Json duration = found;
    if (found.is_number()) {
      auto const number = found.get<double>();
      if (number > 3600) place.warning(fmt::format("Read as {} milliseconds; call_timeout is clearer.", number));
      auto const most = static_cast<double>(std::numeric_limits<std::int32_t>::max());
      auto const count = std::clamp(number > 3600 ? number : number * 1000, 0.0, most);
      duration = duration_text(milliseconds{static_cast<milliseconds::rep>(count)});
    }
    Span{milliseconds{10}, kDay}.read(place, duration, service_.call_timeout);
    service_.call_timeout_max = std::max(service_.call_timeout_max, service_.call_timeout);
  }

  std::optional<bool> take_enabled() {
    if (!has(entry_, "enabled")) return std::nullopt;
    bool enabled = true;
    if (!entry_["enabled"].is_discarded()) Flag{}.read(place_.member("enabled"), entry_["enabled"], enabled);
    entry_.erase("enabled");
    return enabled;
  }

  void check_owner_env() const {
    auto const place = place_.member("owner_env");
    if (!service_.owner_env.empty() && service_.isolation != Isolation::Affinity)
      place.error("expected isolation: affinity, so that each owner has a child of its own");
    for (auto const& [name, from] : service_.owner_env)
      if (!from.claim.empty() + !from.header.empty() + !from.file.empty() != 1 && !place.member(name).has_errors())
        place.member(name).error("expected exactly one of claim, header and file");
  }

  void check_tool_limits() const {
    for (std::size_t i = 0; i < service_.tool_limits.size(); ++i) {
      auto const& limits = service_.tool_limits[i];
      if (limits.call_timeout_max > milliseconds{0})
        expect_at_most(place_.member("tool_limits").element(i), limits, &ToolLimits::call_timeout,
                       &ToolLimits::call_timeout_max, "call_timeout", "call_timeout_max");
    }
  }

  void check_redact() const {
    auto const place = place_.member("redact").member("patterns");
    auto const& patterns = service_.redact.patterns;
    if (place.has_errors()) return;
    if (patterns.size() > kMostPatterns)
      return place.error(fmt::format("expected at most {} patterns, found {}", kMostPatterns, patterns.size()));
    for (std::size_t i = 0; i < patterns.size(); ++i)
      if (auto const fault = TextPatterns::fault(patterns[i]))
        place.element(i).error(
            fmt::format("expected a regular expression of RE2, found '{}': {}", patterns[i], *fault));
    if (place.has_errors()) return;
    if (auto const together = TextPatterns::together(patterns); !together)
      place.error(
          fmt::format("expected regular expressions that can be searched for together: {}", together.error().what));
  }

  void check() const {
    expect_at_most(place_, service_, &ServiceConfig::call_timeout, &ServiceConfig::call_timeout_max, "call_timeout",
                   "call_timeout_max");
    expect_at_most(place_.member("restart"), service_.restart, &RestartConfig::backoff_initial,
                   &RestartConfig::backoff_max, "backoff_initial", "backoff_max");
    check_isolation();
    check_circuit_breaker();
    check_owner_env();
    check_tool_limits();
    check_redact();
    check_canary();
    auto const& probe = service_.probe;
    if (probe && probe->tool.empty() == probe->method.empty())
      place_.member("probe").error("expected exactly one of tool and method");
    if (probe && service_.isolation == Isolation::Session)
      place_.member("probe").warning("Ignored: a child of a single session is not probed.");
    for (std::size_t i = 0; i < service_.needs.size(); ++i) {
      auto const& need = service_.needs[i];
      if (!need.variable.empty() + !need.program.empty() + !need.file.empty() != 1)
        place_.member("needs").element(i).error("expected exactly one of variable, program and file");
    }
  }

  void check_canary() const {
    auto const place = place_.member("canary").member("steps");
    auto const& steps = service_.canary.steps;
    if (place.has_errors()) return;
    if (steps.empty() || steps.back().weight != 100)
      return place.error("expected steps of which the last has the weight 100");
    for (std::size_t i = 1; i < steps.size(); ++i)
      if (steps[i].weight <= steps[i - 1].weight)
        place.element(i).error(
            fmt::format("expected more than the weight before ({}), found {}", steps[i - 1].weight, steps[i].weight));
  }

  void check_isolation() const {
    if (service_.isolation != Isolation::Shared && service_.replicas > 1)
      place_.member("replicas").warning("Ignored: only shared children have replicas.");
    if (service_.isolation != Isolation::Shared && service_.idle_stop > milliseconds{})
      place_.member("idle_stop").warning("Ignored: children that are not shared end with their sessions.");
    if (service_.isolation != Isolation::Affinity && has(entry_, "affinity"))
      place_.member("affinity").warning("Ignored: isolation is not affinity.");
  }

  void check_circuit_breaker() const {
    if (!service_.circuit_breaker) return;
    auto const& breaker = *service_.circuit_breaker;
    auto const place = place_.member("circuit_breaker");
    if (breaker.consecutive_failures == 0 && breaker.failure_rate_threshold == 0)
      place.error("expected consecutive_failures or failure_rate_threshold above 0: nothing opens the circuit");
    if (breaker.failures.empty())
      place.member("failures").error("expected at least one kind of failure: nothing opens the circuit");
    if (breaker.max_wait_duration > milliseconds{})
      expect_at_most(place, breaker, &CircuitBreakerConfig::wait_duration, &CircuitBreakerConfig::max_wait_duration,
                     "wait_duration", "max_wait_duration");
  }

  ConfigReport& report_;
  Environment const& environment_;
  ConfigPlace place_;
  Json entry_;
  bool off_ = false;
  ServiceConfig service_;
};

}  // namespace

std::optional<ServiceConfig> read_service(ConfigReport& report, Environment const& environment,
                                          ConfigPlace const& place, Json entry) {
  return ServiceReader{report, environment, place, std::move(entry)}.read();
}

}  // namespace gateway::config
