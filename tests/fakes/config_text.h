// Configurations as texts, and what reading them gives.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/config/reader.h"

namespace gateway::fakes {

/// An environment a test can say in one line. Its files are there, the only program
/// is `known`.
inline config::Environment environment_with(std::map<std::string, std::string> variables,
                                            std::map<std::string, std::string> files = {}) {
  return {.variable = [variables](std::string const& name) -> std::optional<std::string> {
            auto const found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
          },
          .file = [files](std::string const& path) -> Result<std::string> {
            auto const found = files.find(path);
            if (found == files.end()) return Error{"the file " + path + " cannot be read: it is not there"};
            return found->second;
          },
          .exists = [files](std::string const& path) { return files.count(path) > 0; },
          .program = [](config::ServiceConfig const&, std::string const& program) { return program == "known"; }};
}

inline config::Config good(std::string_view text, config::Environment const& environment = environment_with({})) {
  auto result = config::read_config(text, environment);
  if (auto* const config = std::get_if<config::Config>(&result)) return std::move(*config);
  for (auto const& error : std::get<config::ConfigErrors>(result).errors)
    ADD_FAILURE() << error.path << ": " << error.what;
  return {.gateway = {}, .services = {config::ServiceConfig{}}, .warnings = {}};
}

/// Every error as one line.
inline std::vector<std::string> errors_of(std::string_view text,
                                          config::Environment const& environment = environment_with({})) {
  auto const result = config::read_config(text, environment);
  std::vector<std::string> lines;
  if (auto const* const wrong = std::get_if<config::ConfigErrors>(&result))
    for (auto const& error : wrong->errors) lines.push_back(error.path + ": " + error.what);
  return lines;
}

inline std::string first_error(std::string_view text, config::Environment const& environment = environment_with({})) {
  auto const lines = errors_of(text, environment);
  return lines.empty() ? "no error" : lines.front();
}

}  // namespace gateway::fakes
