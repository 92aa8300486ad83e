#include "gateway/canaries.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <utility>

#include "gateway/deploy/state_folder.h"

namespace gateway {

namespace {

using admin::CanaryEnd;
using admin::CanaryRequest;
using deploy::CoursePhase;
using deploy::CourseState;

deploy::Weights configured_weights(std::vector<frontend::ListedService const*> const& versions) {
  deploy::Weights weights;
  for (auto const* const each : versions) weights[each->config.version->name] = each->config.version->weight;
  return weights;
}

/// The version with the largest part, other than this one.
std::string leading(deploy::Weights const& weights, std::string_view except) {
  std::string found;
  std::size_t most = 0;
  for (auto const& [name, weight] : weights) {
    if (name == except || weight < most) continue;
    most = weight;
    found = name;
  }
  return found;
}

/// While it is under way, other versions than these two have nothing.
deploy::Weights weights_of(deploy::Weights const& versions, deploy::Course const& course) {
  deploy::Weights weights;
  for (auto const& [name, unused] : versions) weights[name] = 0;
  weights[course.state().to] = course.weight();
  weights[course.state().from] = 100 - course.weight();
  return weights;
}

std::string text_of(deploy::Weights const& weights) {
  std::string text;
  for (auto const& [name, weight] : weights) text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name, weight);
  return text;
}

std::string_view message_of(CoursePhase phase) {
  switch (phase) {
    case CoursePhase::Gate: return "a new version gets sessions once it is healthy";
    case CoursePhase::Observe: return "the new version has this part of owners";
    case CoursePhase::Done: return "the new version has all owners";
    case CoursePhase::RolledBack: return "the former version has all owners again";
  }
  return {};
}

/// Before its first session more is asked of a version than later, when a new child may not have been probed yet.
bool is_well(health::ServiceHealth const& health, CoursePhase phase) {
  return phase == CoursePhase::Gate ? health::is_proven(health) : health.status == health::HealthStatus::Healthy;
}

deploy::Sample sample_of(std::string const& server, std::string_view metrics, health::GatewayHealth const& health,
                         CoursePhase phase, std::chrono::milliseconds at) {
  deploy::Sample sample{.at = at, .answers = true};
  auto const found = std::ranges::find(health.services, server, &health::ServiceHealth::name);
  sample.ready = found != health.services.end() && is_well(*found, phase);
  deploy::read_metrics(metrics, sample, server);
  return sample;
}

}  // namespace

std::chrono::milliseconds Canaries::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(needs_.clock.now().time_since_epoch());
}

std::vector<Canaries::Listed> Canaries::listed() const {
  std::vector<Listed> all;
  for (auto const& each : needs_.owner.directory().services()) {
    if (!each.config.version) continue;
    if (each.config.is_first_version()) all.push_back({.service = each.config.name, .versions = {}});
    auto const its = std::ranges::find(all, each.config.service_name(), &Listed::service);
    if (its != all.end()) its->versions.push_back(&each);
  }
  return all;
}

std::optional<Canaries::Listed> Canaries::find(std::string_view service) const {
  auto all = listed();
  auto const found = std::ranges::find(all, service, &Listed::service);
  return found == all.end() ? std::nullopt : std::optional(std::move(*found));
}

// ── what is kept ─────────────────────────────────────────────────────────────

deploy::CourseBook Canaries::read_kept() {
  auto const& file = needs_.config.state_file;
  std::error_code none;
  if (file.empty() || !std::filesystem::exists(file, none)) return {};
  if (!std::filesystem::is_regular_file(file, none)) {
    needs_.log.error("canary.state_unreadable", "weights and canaries begin as configured: the state file is no file",
                     {{"file", file}, {"err.msg", "expected a file"}});
    return {};
  }
  auto text = deploy::content_of_file(file);
  auto book = text ? deploy::read_course_book(*text) : Result<deploy::CourseBook>(text.error());
  if (book) return *std::move(book);
  needs_.log.error("canary.state_unreadable", "weights and canaries begin as configured: the state file cannot be read",
                   {{"file", file}, {"err.msg", book.error().what}});
  return {};
}

void Canaries::keep() {
  auto const& file = needs_.config.state_file;
  if (file.empty()) return;
  deploy::CourseBook book;
  for (auto const& [service, current] : current_) {
    if (current.weights == current.configured && !current.course) continue;
    auto const state = current.course ? std::optional(current.course->state()) : std::nullopt;
    book[service] = {.configured = current.configured, .weights = current.weights, .course = state};
  }
  auto const written = deploy::write_whole(file, deploy::to_json(book));
  if (!written)
    needs_.log.error("canary.state_not_written", "a restart would begin with weights that hold no more",
                     {{"file", file}, {"err.msg", written.error().what}});
}

void Canaries::begin() {
  auto const kept = read_kept();
  for (auto const& service : listed()) {
    auto const configured = configured_weights(service.versions);
    auto const known = kept.find(service.service);
    // Without a file, what this process knows holds: it may serve again after another one.
    auto const is_known = current_.contains(service.service) && needs_.config.state_file.empty();
    auto& current = current_[service.service];
    if (!is_known) {
      current = {.configured = configured, .weights = configured};
      if (known != kept.end() && known->second.configured == configured) {
        current.weights = known->second.weights;
        current.config = service.versions.front()->config.canary;
        if (known->second.course) current.course.emplace(*known->second.course, current.config, now());
      }
    }
    if (current.course && !current.course->state().is_over()) tell_course(service.service, *current.course);
    apply(service, current);
  }
}

void Canaries::take_up() {
  auto const before = std::exchange(current_, {});
  for (auto const& service : listed()) {
    auto const configured = configured_weights(service.versions);
    auto const was = before.find(service.service);
    auto const holds = was != before.end() && was->second.configured == configured;
    current_[service.service] = holds ? was->second : Current{.configured = configured, .weights = configured};
    if (!holds && was != before.end() && was->second.course && !was->second.course->state().is_over())
      needs_.log.warn("canary.dropped", "the versions of the service are configured otherwise: their weights hold now",
                      {{"server", service.service}, {"weights", text_of(configured)}});
    apply(service, current_[service.service]);
  }
  for (auto const& [service, was] : before) hide_gone(service, was);
  if (!before.empty() || !current_.empty()) keep();  // perhaps elsewhere
}

/// The first version was called as the service, others by both names.
void Canaries::hide_gone(std::string const& service, Current const& was) {
  auto const now = current_.find(service);
  for (auto const& [version, unused] : was.configured) {
    if (now != current_.end() && now->second.configured.contains(version)) continue;
    needs_.metrics.version_gone(service, service, version);
    needs_.metrics.version_gone(fmt::format("{}@{}", service, version), service, version);
  }
}

// ── time ─────────────────────────────────────────────────────────────────────

bool Canaries::are_under_way() const {
  return std::ranges::any_of(
      current_, [](auto const& each) { return each.second.course && !each.second.course->state().is_over(); });
}

void Canaries::look(health::GatewayHealth const& health) {
  auto const metrics = needs_.metrics.text();
  for (auto const& service : listed()) {
    auto const its = current_.find(service.service);
    if (its == current_.end() || !its->second.course || its->second.course->state().is_over()) continue;
    auto& course = *its->second.course;
    auto const sample = [&](std::string const& version) {
      auto const listed = std::ranges::find_if(service.versions,
                                               [&](auto const* each) { return each->config.version->name == version; });
      return sample_of((*listed)->config.name, metrics, health, course.state().phase, now());
    };
    if (course.look(sample(course.state().to), sample(course.state().from))) follow_course(service.service);
  }
}

/// Its state has changed.
void Canaries::follow_course(std::string const& service) {
  auto const listed = find(service);
  auto& current = current_.find(service)->second;
  current.weights = weights_of(current.configured, *current.course);
  keep();
  if (listed) apply(*listed, current);
  auto const& state = current.course->state();
  if (state.phase == CoursePhase::RolledBack) needs_.metrics.canary_rolled_back(service, state.fired.name);
  tell_course(service, *current.course);
}

void Canaries::tell_course(std::string const& service, deploy::Course const& course) {
  auto const& state = course.state();
  auto const weight = course.weight();
  auto const phase = state.phase;
  auto const message = message_of(phase);
  auto& log = needs_.log;
  log.write(phase == CoursePhase::RolledBack ? config::LogLevel::Warn : config::LogLevel::Info,
            phase == CoursePhase::Gate      ? "canary.begin"
            : phase == CoursePhase::Observe ? "canary.step"
            : phase == CoursePhase::Done    ? "canary.done"
                                            : "canary.rolled_back",
            message,
            {{"server", service},
             {"from", state.from},
             {"to", state.to},
             {"weight", weight},
             {"trigger", state.fired.name},
             {"reason", state.fired.why}});
  log.audit("audit.canary", message,
            {{"server", service},
             {"phase", to_text(phase)},
             {"from", state.from},
             {"to", state.to},
             {"weight", weight},
             {"trigger", state.fired.name},
             {"reason", state.fired.why}});
}

/// Where sessions are opened, and in metrics.
void Canaries::apply(Listed const& service, Current const& current) {
  frontend::VersionWeights weights;
  for (auto const* const each : service.versions) {
    auto const& version = each->config.version->name;
    auto const found = current.weights.find(version);
    auto const weight = found == current.weights.end() ? 0 : found->second;
    weights.emplace_back(each->key, weight);
    needs_.metrics.version_weight(each->config.name, service.service, version, weight);
  }
  needs_.owner.set_weights(service.versions.front()->key, std::move(weights));
}

// ── what operators ask for ───────────────────────────────────────────────────

CanaryEnd Canaries::act(CanaryRequest const& request) {
  using Verdict = CanaryEnd::Verdict;
  auto const service = find(request.service);
  if (!service || !current_.contains(request.service))
    return {Verdict::NotPossible, fmt::format("{} has one version only", request.service)};
  auto& current = current_.find(request.service)->second;
  auto const action = to_text(request.action);
  needs_.log.audit("audit.admin", "an operator asked for something",
                   {{"server", request.service}, {"action", action}, {"remote", request.remote}});
  if (request.action == CanaryRequest::Action::SetWeights) {
    auto end = set_weights(request, current);
    if (end.verdict != Verdict::Done) return end;
    keep();
    apply(*service, current);
    needs_.log.info("canary.weights", "an operator has set the weights of versions",
                    {{"server", request.service}, {"weights", text_of(current.weights)}});
    return end;
  }
  if (request.action == CanaryRequest::Action::Start) {
    auto end = start(request, *service, current);
    if (end.verdict == Verdict::Done) follow_course(request.service);
    return end;
  }
  if (!current.course || current.course->state().is_over())
    return {Verdict::NotPossible, fmt::format("no canary of {} is under way", request.service)};
  if (request.action == CanaryRequest::Action::Promote) current.course->promote();
  if (request.action == CanaryRequest::Action::RollBack) current.course->roll_back("an operator asked for it");
  follow_course(request.service);
  return {};
}

CanaryEnd Canaries::start(CanaryRequest const& request, Listed const& service, Current& current) {
  using Verdict = CanaryEnd::Verdict;
  if (current.course && !current.course->state().is_over())
    return {Verdict::NotNow, fmt::format("a canary of {} is under way", request.service)};
  auto to = request.version;
  for (auto const* const each : service.versions)
    if (request.version.empty() && current.weights[each->config.version->name] < 100) to = each->config.version->name;
  if (!current.configured.contains(to))
    return {Verdict::NotPossible,
            fmt::format("{} has no version '{}'; it has {}", request.service, to, text_of(current.weights))};
  if (current.weights[to] == 100) return {Verdict::NotPossible, fmt::format("{} has all owners already", to)};
  current.config = service.versions.front()->config.canary;
  current.course.emplace(CourseState{.from = leading(current.weights, to), .to = to}, current.config, now());
  return {};
}

CanaryEnd Canaries::set_weights(CanaryRequest const& request, Current& current) {
  using Verdict = CanaryEnd::Verdict;
  if (current.course && !current.course->state().is_over())
    return {Verdict::NotNow, "a canary is under way: promote it or roll it back first"};
  auto weights = current.weights;
  for (auto const& [name, weight] : request.weights) {
    if (!weights.contains(name))
      return {Verdict::NotPossible,
              fmt::format("{} has no version '{}'; it has {}", request.service, name, text_of(current.weights))};
    weights[name] = weight;
  }
  // Of two, one says what the other has.
  if (weights.size() == 2 && request.weights.size() == 1)
    for (auto& [name, weight] : weights)
      if (!request.weights.contains(name)) weight = 100 - request.weights.begin()->second;
  auto const sum = std::accumulate(weights.begin(), weights.end(), std::size_t{0},
                                   [](std::size_t so_far, auto const& each) { return so_far + each.second; });
  if (sum != 100)
    return {Verdict::NotPossible, fmt::format("expected weights of 100 in all, found {} ({})", sum, text_of(weights))};
  current.weights = std::move(weights);
  current.course.reset();
  return {};
}

std::vector<admin::ServiceVersions> Canaries::status() const {
  std::vector<admin::ServiceVersions> all;
  for (auto const& service : listed()) {
    auto const its = current_.find(service.service);
    if (its == current_.end()) continue;
    auto const& current = its->second;
    auto& status = all.emplace_back(admin::ServiceVersions{.service = service.service});
    for (auto const* const each : service.versions) {
      auto const& name = each->config.version->name;
      status.versions.push_back(
          {.name = name, .server = each->config.name, .weight = current.weights.find(name)->second});
    }
    if (!current.course) continue;
    auto const& state = current.course->state();
    status.canary = {.phase = std::string(to_text(state.phase)),
                     .from = state.from,
                     .to = state.to,
                     .step = state.step + 1,
                     .steps = current.config.steps.size(),
                     .left_seconds = std::chrono::duration<double>(current.course->left(now())).count(),
                     .trigger = state.fired.name,
                     .why = state.fired.why};
  }
  return all;
}

}  // namespace gateway
