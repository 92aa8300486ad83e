// The course of a canary: step by step from one version of a service to another, or back.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/deploy/triggers.h"

namespace gateway::deploy {

enum class CoursePhase {
  Gate,        ///< the new version has no session before it has been healthy
  Observe,     ///< it has the weight of the current step
  Done,        ///< it has taken over
  RolledBack,  ///< the former version has all again
};
[[nodiscard]] std::string_view to_text(CoursePhase phase);
[[nodiscard]] std::optional<CoursePhase> course_phase_from(std::string_view text);

/// Where a course is, as it is kept.
struct CourseState {
  std::string from{};  ///< the versions, by their names
  std::string to{};
  CoursePhase phase = CoursePhase::Gate;
  std::size_t step = 0;
  Fired fired{};  ///< why it was rolled back

  [[nodiscard]] bool is_over() const { return phase == CoursePhase::Done || phase == CoursePhase::RolledBack; }
  bool operator==(CourseState const&) const = default;
};

/// Pure: time and what was measured are given to it.
class Course {
 public:
  /// A step that was begun by another process begins anew, once the new version is healthy in this one.
  Course(CourseState state, config::CanaryConfig config, std::chrono::milliseconds now);

  /// Looks at both versions: once a second, with their counters since the start of this process. Gives whether the
  /// state has changed.
  bool look(Sample of_new, Sample of_former);
  /// An operator's decisions; nothing where it is over.
  void promote();
  void roll_back(std::string why);

  [[nodiscard]] CourseState const& state() const { return state_; }
  /// The weight of the new version now; the former one has the others.
  [[nodiscard]] std::size_t weight() const;
  /// Until the next step, if nothing is wrong.
  [[nodiscard]] std::chrono::milliseconds left(std::chrono::milliseconds now) const;

 private:
  [[nodiscard]] Triggers triggers() const;
  bool look_at_gate(Sample const& of_new);
  void enter(std::size_t step, std::chrono::milliseconds now);
  void forget_old();

  CourseState state_;
  config::CanaryConfig config_;
  std::chrono::milliseconds since_;  ///< the step began
  bool is_resumed_;                  ///< the new version has had sessions before
  std::vector<Sample> new_;          ///< of this step
  std::vector<Sample> former_;
};

}  // namespace gateway::deploy
