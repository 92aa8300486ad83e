#include "gateway/deploy/triggers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <vector>

namespace gateway::deploy {

namespace {

constexpr int kQuarters = 4;

/// The value of a label in `name{a="b",c="d"} 1`; of what this reads, no value has quotes in it.
std::string_view label_of(std::string_view line, std::string_view name) {
  auto const begin = line.find(fmt::format("{}=\"", name));
  if (begin == line.npos) return {};
  auto const value = line.substr(begin + name.size() + 2);
  return value.substr(0, value.find('"'));
}

double number_of(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  return std::strtod(std::string(text).c_str(), nullptr);
}

bool is_of(std::string_view line, std::string_view family) {
  return line.starts_with(family) && line.size() > family.size() && line[family.size()] == '{';
}

/// The server did not answer, or a limit of ours was reached. What a client did wrong is not among these.
bool is_error(std::string_view line) {
  auto const outcome = label_of(line, "outcome");
  return outcome == "timeout" || outcome == "child_exited" || outcome == "unavailable" || outcome == "busy" ||
         label_of(line, "code").starts_with('5');
}

double since(double from, double to) { return to < from ? to : to - from; }

/// What happened in each quarter of the window that ends with the newest sample; none while there is no full window.
std::vector<Sample> quarters(std::span<Sample const> samples, std::chrono::milliseconds window) {
  std::vector<Sample const*> known;
  for (auto const& sample : samples)
    if (sample.answers) known.push_back(&sample);
  std::vector<Sample> found;
  if (known.empty()) return found;
  auto const end = known.back()->at;
  auto const at_or_before = [&known](std::chrono::milliseconds when) -> Sample const* {
    auto const after =
        std::find_if(known.begin(), known.end(), [when](auto const* sample) { return sample->at > when; });
    return after == known.begin() ? nullptr : *(after - 1);
  };
  auto const* from = at_or_before(end - window);
  for (int i = 1; from != nullptr && i <= kQuarters; ++i) {
    auto const* const to = at_or_before(end - window * (kQuarters - i) / kQuarters);
    found.push_back(between(*from, *to));
    from = to;
  }
  return found;
}

/// Of what calls took.
Sample sum_of(std::vector<Sample> const& parts) {
  Sample sum;
  for (auto const& part : parts)
    for (auto const& [limit, count] : part.latency) sum.latency[limit] += count;
  return sum;
}

double calls_in(std::vector<Sample> const& parts, double Sample::*calls) {
  double sum = 0;
  for (auto const& part : parts) sum += part.*calls;
  return sum;
}

/// Whether it holds in all parts in which there were calls.
template <typename Holds>
bool throughout(std::vector<Sample> const& parts, double Sample::*calls, Holds holds) {
  return std::ranges::all_of(parts, [&](Sample const& part) { return part.*calls == 0 || holds(part); });
}

std::optional<Fired> judge_health(std::span<Sample const> samples, Triggers const& triggers) {
  if (samples.size() < triggers.failed_health || triggers.failed_health == 0) return std::nullopt;
  auto const last = samples.last(triggers.failed_health);
  if (std::ranges::any_of(last, [](Sample const& sample) { return sample.answers && sample.ready; }))
    return std::nullopt;
  return Fired{.name = "health",
               .why = fmt::format("it {} at {} looks in succession",
                                  last.back().answers ? "was not ready" : "did not answer", last.size())};
}

std::optional<Fired> judge_errors(std::span<Sample const> samples, Triggers const& triggers) {
  auto const parts = quarters(samples, triggers.error_window);
  if (parts.empty() || calls_in(parts, &Sample::requests) < triggers.least_calls) return std::nullopt;
  auto const too_many = [&](Sample const& part) { return error_ratio(part) > triggers.error_ratio; };
  if (!throughout(parts, &Sample::requests, too_many)) return std::nullopt;
  return Fired{.name = "errors",
               .why = fmt::format("{:.1f} % of requests failed, which is more than {:.1f} %",
                                  100 * calls_in(parts, &Sample::errors) / calls_in(parts, &Sample::requests),
                                  100 * triggers.error_ratio)};
}

std::optional<Fired> judge_tools(std::span<Sample const> samples, std::span<Sample const> primary,
                                 Triggers const& triggers) {
  auto const parts = quarters(samples, triggers.error_window);
  auto const others = quarters(primary, triggers.error_window);
  auto const calls = calls_in(parts, &Sample::tool_calls);
  auto const other_calls = calls_in(others, &Sample::tool_calls);
  if (std::min(calls, other_calls) < std::max(triggers.least_calls, 1.0)) return std::nullopt;
  auto const usual = calls_in(others, &Sample::tool_errors) / other_calls;
  auto const limit = usual + triggers.tool_error_points;
  if (!throughout(parts, &Sample::tool_calls, [&](Sample const& part) { return tool_error_ratio(part) > limit; }))
    return std::nullopt;
  return Fired{.name = "tool_errors",
               .why = fmt::format("{:.1f} % of tool calls had an error, at the primary {:.1f} %",
                                  100 * calls_in(parts, &Sample::tool_errors) / calls, 100 * usual)};
}

std::optional<Fired> judge_latency(std::span<Sample const> samples, Triggers const& triggers) {
  auto const parts = quarters(samples, triggers.latency_window);
  if (parts.empty() || calls_in(parts, &Sample::tool_calls) < std::max(triggers.least_calls, 1.0)) return std::nullopt;
  auto const slow = [&](Sample const& part) { return p95_of(part).value_or(0) > triggers.p95_seconds; };
  if (!throughout(parts, &Sample::tool_calls, slow)) return std::nullopt;
  return Fired{
      .name = "latency",
      .why = fmt::format("the 95th percentile of tool calls stayed above {:.0f} ms", 1000 * triggers.p95_seconds)};
}

/// Slow calls of both are compared, since few are as fast as a tool can be.
std::optional<Fired> judge_by_primary(std::span<Sample const> samples, std::span<Sample const> primary,
                                      Triggers const& triggers) {
  constexpr double kLeastSeconds = 0.02;  // what is faster than this differs by chance
  auto const parts = quarters(samples, triggers.latency_window);
  auto const others = quarters(primary, triggers.latency_window);
  auto const calls = std::min(calls_in(parts, &Sample::tool_calls), calls_in(others, &Sample::tool_calls));
  if (triggers.baseline_ratio <= 0 || calls < std::max(triggers.least_calls, 1.0)) return std::nullopt;
  auto const usual = p95_of(sum_of(others)).value_or(0);
  auto const limit = std::max(usual / triggers.baseline_ratio, usual + kLeastSeconds);
  auto const slow = [&](Sample const& part) { return p95_of(part).value_or(0) > limit; };
  if (!throughout(parts, &Sample::tool_calls, slow)) return std::nullopt;
  return Fired{.name = "baseline",
               .why = fmt::format("the 95th percentile of tool calls stayed above {:.0f} ms, at the primary {:.0f} ms",
                                  1000 * limit, 1000 * usual)};
}

/// Whether it holds at every look of the window, which is full.
template <typename Holds>
bool at_each_look(std::span<Sample const> samples, std::chrono::milliseconds window, Holds holds) {
  auto const begin = samples.back().at - window;
  if (samples.front().at > begin) return false;
  return std::all_of(samples.begin(), samples.end(),
                     [&](Sample const& sample) { return sample.at < begin || (sample.answers && holds(sample)); });
}

std::optional<Fired> judge_backends(std::span<Sample const> samples, Triggers const& triggers) {
  if (!at_each_look(samples, triggers.probe_window, [](Sample const& sample) { return sample.failing_probes > 0; }))
    return std::nullopt;
  return Fired{.name = "backend",
               .why = "the probe of a service failed all the time: what is behind it does not answer"};
}

std::optional<Fired> judge_memory(std::span<Sample const> samples, Triggers const& triggers) {
  auto const is_short = [&](Sample const& sample) { return sample.memory_ratio > triggers.memory_ratio; };
  if (!at_each_look(samples, triggers.memory_window, is_short)) return std::nullopt;
  return Fired{
      .name = "memory",
      .why = fmt::format("a service used more than {:.0f} % of its memory all the time", 100 * triggers.memory_ratio)};
}

}  // namespace

void read_metrics(std::string_view text, Sample& sample, std::string_view of_server) {
  std::map<std::string, double, std::less<>> used;
  std::map<std::string, double, std::less<>> limits;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto const value = number_of(line.substr(line.rfind(' ') + 1));
    if (line.starts_with('#') || (!of_server.empty() && label_of(line, "server") != of_server)) continue;
    if (is_of(line, "mcp_server_requests_total")) {
      if (label_of(line, "outcome") == "cancelled") continue;
      sample.requests += value;
      if (is_error(line)) sample.errors += value;
    } else if (is_of(line, "mcp_server_tool_calls_total")) {
      sample.tool_calls += value;
      if (label_of(line, "outcome") == "tool_error") sample.tool_errors += value;
    } else if (is_of(line, "mcp_server_operation_duration_seconds_bucket")) {
      if (label_of(line, "method") == "tools/call") sample.latency[number_of(label_of(line, "le"))] += value;
    } else if (is_of(line, "mcp_child_restarts_total")) {
      sample.restarts += value;
    } else if (is_of(line, "mcp_child_state")) {
      if (label_of(line, "state") == "crash_loop") sample.crash_loops += value;
    } else if (is_of(line, "mcp_child_probe_up")) {
      if (value == 0) ++sample.failing_probes;
    } else if (is_of(line, "mcp_child_resident_memory_bytes")) {
      used[std::string(label_of(line, "server"))] = value;
    } else if (is_of(line, "mcp_child_memory_limit_bytes")) {
      limits[std::string(label_of(line, "server"))] = value;
    }
  }
  for (auto const& [server, limit] : limits)
    if (limit > 0) sample.memory_ratio = std::max(sample.memory_ratio, used[server] / limit);
}

Sample between(Sample const& from, Sample const& to) {
  Sample during = to;
  for (auto const member :
       {&Sample::requests, &Sample::errors, &Sample::tool_calls, &Sample::tool_errors, &Sample::restarts})
    during.*member = since(from.*member, to.*member);
  for (auto& [limit, count] : during.latency) {
    auto const before = from.latency.find(limit);
    if (before != from.latency.end()) count = since(before->second, count);
  }
  return during;
}

double error_ratio(Sample const& during) { return during.requests == 0 ? 0 : during.errors / during.requests; }
double tool_error_ratio(Sample const& during) {
  return during.tool_calls == 0 ? 0 : during.tool_errors / during.tool_calls;
}

std::optional<double> p95_of(Sample const& during) {
  if (during.latency.empty() || during.latency.rbegin()->second == 0) return std::nullopt;
  auto const rank = 0.95 * during.latency.rbegin()->second;
  double lower = 0;
  double below = 0;
  for (auto const& [limit, count] : during.latency) {
    if (count >= rank) {
      auto const is_last = limit == std::numeric_limits<double>::infinity();
      return is_last || count == below ? lower : lower + (limit - lower) * (rank - below) / (count - below);
    }
    lower = limit;
    below = count;
  }
  return lower;
}

std::optional<Fired> judge(std::span<Sample const> samples, std::span<Sample const> primary, Triggers const& triggers) {
  if (samples.empty()) return std::nullopt;
  if (auto fired = judge_health(samples, triggers)) return fired;
  if (samples.back().crash_loops > 0)
    return Fired{.name = "restart_loop",
                 .why = fmt::format("{:.0f} of its services end again and again", samples.back().crash_loops)};
  if (auto fired = judge_errors(samples, triggers)) return fired;
  if (auto fired = judge_tools(samples, primary, triggers)) return fired;
  if (auto fired = judge_backends(samples, triggers)) return fired;
  if (auto fired = judge_memory(samples, triggers)) return fired;
  if (auto fired = judge_latency(samples, triggers)) return fired;
  return judge_by_primary(samples, primary, triggers);
}

}  // namespace gateway::deploy
