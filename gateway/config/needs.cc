#include "gateway/config/needs.h"

#include <fmt/format.h>

#include <filesystem>

namespace gateway::config {
namespace {

/// What is missing; empty when nothing is.
std::string missing(ServiceConfig const& service, Need const& need, Environment const& environment) {
  if (!need.variable.empty()) {
    if (!environment.variable(need.variable).value_or("").empty()) return {};
    return fmt::format("the environment variable {}", need.variable);
  }
  if (!need.program.empty()) {
    if (environment.program && environment.program(service, need.program)) return {};
    return fmt::format("the program {}", need.program);
  }
  if (environment.exists && environment.exists(need.file)) return {};
  return fmt::format("the file {}", std::filesystem::path(need.file).lexically_normal().string());
}

}  // namespace

std::vector<std::string> unmet_needs(ServiceConfig const& service, Environment const& environment) {
  std::vector<std::string> unmet;
  for (auto const& need : service.needs) {
    auto text = missing(service, need, environment);
    if (text.empty()) continue;
    if (!need.purpose.empty()) text += fmt::format(" ({})", need.purpose);
    unmet.push_back(std::move(text));
  }
  return unmet;
}

std::string why_unavailable(ServiceConfig const& service) {
  if (service.available()) return {};
  std::string text = "not started";
  for (auto const& need : service.unmet) text += (need == service.unmet.front() ? "; it needs " : " and ") + need;
  for (auto const& fault : service.faults) text += "; " + fault;
  return text;
}

}  // namespace gateway::config
