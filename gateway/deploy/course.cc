#include "gateway/deploy/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/config/values.h"

namespace gateway::deploy {

namespace {

constexpr std::array<std::pair<std::string_view, CoursePhase>, 4> kPhases{{{"gate", CoursePhase::Gate},
                                                                           {"observe", CoursePhase::Observe},
                                                                           {"done", CoursePhase::Done},
                                                                           {"rolled_back", CoursePhase::RolledBack}}};

}  // namespace

std::string_view to_text(CoursePhase phase) {
  for (auto const& [text, value] : kPhases)
    if (value == phase) return text;
  return {};
}

std::optional<CoursePhase> course_phase_from(std::string_view text) {
  for (auto const& [known, value] : kPhases)
    if (known == text) return value;
  return std::nullopt;
}

Course::Course(CourseState state, config::CanaryConfig config, std::chrono::milliseconds now)
    : state_(std::move(state)),
      config_(std::move(config)),
      since_(now),
      is_resumed_(state_.phase == CoursePhase::Observe) {
  state_.step = std::min(state_.step, config_.steps.size() - 1);
  if (is_resumed_) state_.phase = CoursePhase::Gate;
}

Triggers Course::triggers() const {
  return {.error_ratio = config_.error_ratio,
          .error_window = config_.error_window,
          .tool_error_points = config_.tool_error_points,
          .p95_seconds = std::chrono::duration<double>(config_.p95).count(),
          .baseline_ratio = config_.baseline_ratio,
          .latency_window = config_.latency_window,
          .probe_window = config_.error_window,
          .memory_window = config_.latency_window,
          .failed_health = config_.failed_health,
          .least_calls = static_cast<double>(config_.least_calls)};
}

bool Course::look(Sample of_new, Sample of_former) {
  if (state_.is_over()) return false;
  if (state_.phase == CoursePhase::Gate) return look_at_gate(of_new);
  auto const now = of_new.at;
  new_.push_back(std::move(of_new));
  former_.push_back(std::move(of_former));
  if (auto fired = judge(new_, former_, triggers())) {
    state_.phase = CoursePhase::RolledBack;
    state_.fired = *std::move(fired);
    return true;
  }
  forget_old();
  if (now - since_ < config_.steps[state_.step].hold) return false;
  if (state_.step + 1 == config_.steps.size()) {
    state_.phase = CoursePhase::Done;
  } else {
    enter(state_.step + 1, now);
  }
  return true;
}

bool Course::look_at_gate(Sample const& of_new) {
  if (of_new.ready) {
    state_.phase = CoursePhase::Observe;
    enter(state_.step, of_new.at);
    return true;
  }
  if (of_new.at - since_ < config_.ready_timeout) return false;
  roll_back(fmt::format("it was not healthy within {}", config::duration_text(config_.ready_timeout)));
  state_.fired.name = "health";
  return true;
}

/// What was measured with another weight is not compared.
void Course::enter(std::size_t step, std::chrono::milliseconds now) {
  state_.step = step;
  since_ = now;
  new_.clear();
  former_.clear();
}

void Course::forget_old() {
  auto const limit = new_.back().at - 2 * std::max(config_.error_window, config_.latency_window);
  auto const forget = [limit](std::vector<Sample>& samples) {
    auto const kept = std::ranges::find_if(samples, [limit](Sample const& sample) { return sample.at >= limit; });
    samples.erase(samples.begin(), kept);
  };
  forget(new_);
  forget(former_);
}

void Course::promote() {
  if (!state_.is_over()) state_.phase = CoursePhase::Done;
}

void Course::roll_back(std::string why) {
  if (state_.is_over()) return;
  state_.phase = CoursePhase::RolledBack;
  state_.fired = {.name = "operator", .why = std::move(why)};
}

std::size_t Course::weight() const {
  switch (state_.phase) {
    case CoursePhase::RolledBack: return 0;
    case CoursePhase::Gate:
      if (!is_resumed_) return 0;
      [[fallthrough]];
    case CoursePhase::Observe: return config_.steps[state_.step].weight;
    case CoursePhase::Done: return 100;
  }
  return 0;
}

std::chrono::milliseconds Course::left(std::chrono::milliseconds now) const {
  auto const whole = state_.phase == CoursePhase::Gate ? config_.ready_timeout : config_.steps[state_.step].hold;
  return state_.is_over() ? std::chrono::milliseconds{0}
                          : std::max(whole - (now - since_), std::chrono::milliseconds{0});
}

}  // namespace gateway::deploy
