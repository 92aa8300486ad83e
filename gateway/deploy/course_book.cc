#include "gateway/deploy/course_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gateway::deploy {

namespace {

using CourseJson = nlohmann::ordered_json;

CourseJson json_of(CourseState const& course) {
  CourseJson json{{"from", course.from}, {"to", course.to}, {"phase", to_text(course.phase)}, {"step", course.step}};
  if (!course.fired.name.empty()) json["trigger"] = {{"name", course.fired.name}, {"why", course.fired.why}};
  return json;
}

/// What is no such number would become one.
std::size_t count_of(CourseJson const& json) {
  if (!json.is_number_unsigned()) throw std::invalid_argument("expected a whole number from 0");
  return json.get<std::size_t>();
}

Weights weights_of(CourseJson const& json) {
  Weights weights;
  for (auto const& [version, weight] : json.items()) weights[version] = count_of(weight);
  return weights;
}

bool are_whole(Weights const& weights) {
  std::size_t sum = 0;
  for (auto const& [version, weight] : weights) sum += std::min<std::size_t>(weight, 101);
  return sum == 100;
}

CourseState course_of(CourseJson const& json) {
  auto const phase = course_phase_from(json.at("phase").get<std::string>());
  if (!phase) throw std::invalid_argument("an unknown phase");
  CourseState course{.from = json.at("from"), .to = json.at("to"), .phase = *phase, .step = count_of(json.at("step"))};
  if (auto const fired = json.find("trigger"); fired != json.end())
    course.fired = {.name = fired->at("name"), .why = fired->at("why")};
  return course;
}

KeptCourse kept_of(CourseJson const& json) {
  KeptCourse kept{.configured = weights_of(json.at("configured")), .weights = weights_of(json.at("weights"))};
  auto const is_known = [&](std::string const& version) { return kept.configured.contains(version); };
  auto good = are_whole(kept.weights) &&
              std::ranges::all_of(kept.weights, [&](auto const& each) { return is_known(each.first); });
  if (auto const course = json.find("course"); course != json.end()) {
    kept.course = course_of(*course);
    good = good && is_known(kept.course->from) && is_known(kept.course->to) && kept.course->from != kept.course->to;
  }
  if (!good) throw std::invalid_argument("expected weights of 100 in all, and versions that are configured");
  return kept;
}

}  // namespace

std::string to_json(CourseBook const& book) {
  auto services = CourseJson::object();
  for (auto const& [service, kept] : book) {
    services[service] = {{"configured", kept.configured}, {"weights", kept.weights}};
    if (kept.course) services[service]["course"] = json_of(*kept.course);
  }
  return CourseJson{{"services", services}}.dump(2) + "\n";
}

Result<CourseBook> read_course_book(std::string_view text) {
  try {
    CourseBook book;
    auto const json = CourseJson::parse(text);
    for (auto const& [service, kept] : json.at("services").items()) book[service] = kept_of(kept);
    return book;
  } catch (std::exception const& error) {
    return Error{fmt::format("expected what mcp-gateway wrote there; {}", error.what())};
  }
}

}  // namespace gateway::deploy
