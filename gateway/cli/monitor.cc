// monitor: looks at an instance from time to time, and judges whether it may stay in traffic.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/cli/deployments.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/target.h"
#include "gateway/cli/traffic_split.h"
#include "gateway/config/values.h"
#include "gateway/deploy/exit_codes.h"
#include "gateway/deploy/triggers.h"

namespace gateway::cli {

namespace {

using MonitorClock = std::chrono::steady_clock;
using MonitorJson = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::chrono::minutes kUsualDuration{10};
constexpr std::chrono::seconds kUsualInterval{5};
constexpr std::string_view kSecondary = "-secondary";
constexpr std::string_view kPrimary = "-primary";

/// Of counters over hours, only what the longest window and the summary need is kept.
void forget_old(std::vector<deploy::Sample>& samples, milliseconds window) {
  auto const limit = samples.back().at - 2 * window;
  while (samples.size() > 2 && samples[1].at < limit) samples.erase(samples.begin());
}

class Monitor {
 public:
  Monitor(Arguments const& arguments, Target target, std::ostream& out, std::ostream& errors)
      : arguments_(arguments),
        asked_(arguments.deployment),
        target_(std::move(target)),
        interval_(or_usual(asked_.interval, kUsualInterval)),
        duration_(or_usual(asked_.duration, kUsualDuration)),
        out_(out),
        errors_(errors) {
    triggers_.error_window = or_usual(asked_.window, triggers_.error_window);
    triggers_.latency_window = or_usual(asked_.slow_window, triggers_.latency_window);
    triggers_.probe_window = or_usual(asked_.window, triggers_.probe_window);
    triggers_.memory_window = or_usual(asked_.window, triggers_.memory_window);
    if (asked_.least_calls > 0) triggers_.least_calls = static_cast<double>(asked_.least_calls);
  }

  /// The instance to compare with.
  void compare_with(Target primary) { primary_ = std::move(primary); }

  int watch() {
    auto const began = MonitorClock::now();
    for (auto next = began;; next += interval_) {
      std::this_thread::sleep_until(next);
      auto const at = std::chrono::duration_cast<milliseconds>(MonitorClock::now() - began);
      own_.push_back(look(target_, at));
      if (own_.size() == 1) first_ = own_.front();
      if (primary_) others_.push_back(look(*primary_, at));
      // Traffic is taken from one that is gone, too; otherwise there is nothing to watch.
      if (own_.size() == 1 && !own_.front().answers && !asked_.auto_rollback) return unreachable();
      auto const fired = deploy::judge(own_, others_, triggers_);
      tell_progress(at);
      if (fired) return react(*fired, at);
      if (at >= duration_) return tell("well", {}, at, deploy::kWell);
      auto const window = std::max({triggers_.error_window, triggers_.latency_window, triggers_.memory_window});
      forget_old(own_, window);
      if (primary_) forget_old(others_, window);
    }
  }

 private:
  deploy::Sample look(Target const& at, milliseconds when) {
    deploy::Sample sample{.at = when};
    auto const metrics = url_of(at.health.text, "/metrics", NamedPage::Replace);
    auto const ready = url_of(at.health.text, at.ready, NamedPage::Replace);
    auto const patience = std::max(std::chrono::ceil<std::chrono::seconds>(interval_), std::chrono::seconds{2});
    auto const said = http_get(*metrics, at.health.trust, patience);
    sample.answers = said && said->status == 200;
    if (!sample.answers) {
      last_trouble_ = said ? Error{fmt::format("{} answers with status {}", *metrics, said->status)} : said.error();
      return sample;
    }
    deploy::read_metrics(said->body, sample);
    auto const health = http_get(*ready, at.health.trust, patience);
    sample.ready = health && health->status == 200;
    return sample;
  }

  int unreachable() {
    errors_ << fmt::format("monitor: {}\n", last_trouble_.what);
    return exit_code_of(last_trouble_);
  }

  /// Since monitoring began; a former instance's calls do not count.
  deploy::Sample in_all() const {
    auto const newest = std::find_if(own_.rbegin(), own_.rend(), [](auto const& sample) { return sample.answers; });
    return newest == own_.rend() ? deploy::Sample{} : deploy::between(first_, *newest);
  }

  void tell_progress(milliseconds at) {
    auto const all = in_all();
    auto const p95 = deploy::p95_of(all);
    errors_ << fmt::format(
                   "monitor: {} of {}  {}  requests {:.0f}  errors {:.1f} %  tool errors {:.1f} %  p95 {}  "
                   "restarts {:.0f}\n",
                   config::duration_text(std::chrono::floor<std::chrono::seconds>(at)),
                   config::duration_text(duration_),
                   !own_.back().answers ? "no answer"
                   : own_.back().ready  ? "ready"
                                        : "not ready",
                   all.requests, 100 * deploy::error_ratio(all), 100 * deploy::tool_error_ratio(all),
                   p95 ? fmt::format("{:.0f} ms", 1000 * *p95) : "-", all.restarts)
            << std::flush;
  }

  int react(deploy::Fired const& fired, milliseconds at) {
    if (!asked_.auto_rollback) return tell("failed", fired, at, deploy::kCheckFailed);
    auto const failure = split_traffic(arguments_, {{"primary", 100}, {"secondary", 0}}, errors_);
    if (failure.exit_code == 0) return tell("rolled back", fired, at, deploy::kRolledBack);
    errors_ << fmt::format("monitor: traffic could not be set back: {}\n", failure.what);
    return tell("failed", fired, at, deploy::kCheckFailed);
  }

  int tell(std::string_view result, deploy::Fired const& fired, milliseconds at, int code) {
    auto const all = in_all();
    auto const p95 = deploy::p95_of(all);
    auto const enough = all.requests >= triggers_.least_calls;
    if (asked_.json) {
      MonitorJson json{{"profile", arguments_.profile},
                       {"result", result},
                       {"seconds", static_cast<double>(at.count()) / 1000},
                       {"requests", all.requests},
                       {"error_ratio", deploy::error_ratio(all)},
                       {"tool_calls", all.tool_calls},
                       {"tool_error_ratio", deploy::tool_error_ratio(all)},
                       {"p95_ms", p95 ? MonitorJson(1000 * *p95) : MonitorJson(nullptr)},
                       {"restarts", all.restarts},
                       {"enough_calls", enough}};
      if (!fired.name.empty()) json["trigger"] = {{"name", fired.name}, {"why", fired.why}};
      out_ << json.dump() << '\n';
      return code;
    }
    out_ << fmt::format("{}: {} after {}", arguments_.profile, result,
                        config::duration_text(std::chrono::floor<std::chrono::seconds>(at)));
    if (!fired.name.empty()) out_ << fmt::format("; {}: {}", fired.name, fired.why);
    out_ << fmt::format("; {:.0f} requests, {:.2f} % errors, {:.2f} % tool errors, p95 {}, {:.0f} restarts\n",
                        all.requests, 100 * deploy::error_ratio(all), 100 * deploy::tool_error_ratio(all),
                        p95 ? fmt::format("{:.0f} ms", 1000 * *p95) : "unknown", all.restarts);
    if (!enough)
      out_ << fmt::format("note: of fewer than {:.0f} requests nothing is concluded about errors and latency\n",
                          triggers_.least_calls);
    return code;
  }

  Arguments const& arguments_;
  DeploymentArguments const& asked_;
  Target target_;
  std::optional<Target> primary_;
  deploy::Triggers triggers_;
  milliseconds interval_;
  milliseconds duration_;
  std::ostream& out_;
  std::ostream& errors_;
  deploy::Sample first_;
  std::vector<deploy::Sample> own_;
  std::vector<deploy::Sample> others_;
  Error last_trouble_;
};

/// Of NAME-secondary it is NAME-primary, where there is such a profile.
std::string primary_of(Arguments const& arguments) {
  auto const& profile = arguments.profile;
  if (!arguments.deployment.primary.empty() || !profile.ends_with(kSecondary)) return arguments.deployment.primary;
  auto const name = fmt::format("{}{}", profile.substr(0, profile.size() - kSecondary.size()), kPrimary);
  std::error_code none;
  auto const files = ConfigFiles{.file = arguments.file, .profile = name};
  return std::filesystem::exists(profile_file(files), none) ? name : std::string{};
}

}  // namespace

int monitor(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  if (arguments.deployment.auto_rollback && arguments.profile.ends_with(kPrimary)) {
    errors << "monitor: --auto-rollback sets traffic to the primary, and this is the primary\n";
    return deploy::kWrongUsage;
  }
  auto target = find_target(arguments, errors);
  if (!target) return deploy::kWrongUsage;
  Monitor monitor(arguments, *std::move(target), out, errors);
  if (auto const name = primary_of(arguments); !name.empty()) {
    auto of_primary = arguments;
    of_primary.profile = name;
    auto primary = find_target(of_primary, errors);
    if (!primary) return deploy::kWrongUsage;
    monitor.compare_with(*std::move(primary));
  }
  return monitor.watch();
}

}  // namespace gateway::cli
