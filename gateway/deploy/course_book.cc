#include "gateway/deploy/course_book.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace gateway::deploy {

namespace {

using CourseJson = nlohmann::ordered_json;

CourseJson json_of(CourseState const& course) {
  CourseJson json{{"from", course.from}, {"to", course.to}, {"phase", to_text(course.phase)}, {"step", course.step}};
  if (!course.fired.name.empty()) json["trigger"] = {{"name", course.fired.name}, {"why", course.fired.why}};
  return json;
}

CourseState course_of(CourseJson const& json) {
  auto const phase = course_phase_from(json.at("phase").get<std::string>());
  if (!phase) throw std::invalid_argument("an unknown phase");
  CourseState course{.from = json.at("from"), .to = json.at("to"), .phase = *phase, .step = json.at("step")};
  if (auto const fired = json.find("trigger"); fired != json.end())
    course.fired = {.name = fired->at("name"), .why = fired->at("why")};
  return course;
}

KeptCourse kept_of(CourseJson const& json) {
  KeptCourse kept{.configured = json.at("configured"), .weights = json.at("weights")};
  if (auto const course = json.find("course"); course != json.end()) kept.course = course_of(*course);
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
