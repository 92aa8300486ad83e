// What is kept of canaries, so that a new process goes on where the former one was.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/deploy/course.h"

namespace gateway::deploy {

/// In percent, by the names of versions.
using Weights = std::map<std::string, std::size_t, std::less<>>;

/// Of one service, while its weights are not the configured ones.
struct KeptCourse {
  Weights configured{};  ///< where the configuration has others by now, nothing of this holds
  Weights weights{};
  std::optional<CourseState> course{};  ///< absent where an operator has set the weights

  bool operator==(KeptCourse const&) const = default;
};

/// By the names of services.
using CourseBook = std::map<std::string, KeptCourse, std::less<>>;

[[nodiscard]] std::string to_json(CourseBook const& book);
/// The error says what is wrong with the text.
[[nodiscard]] Result<CourseBook> read_course_book(std::string_view text);

}  // namespace gateway::deploy
