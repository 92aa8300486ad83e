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

#include "gateway/ops/config_reader.h"

namespace gateway::fakes {

/// An environment a test can say in one line. Its files are there, the only program
/// is `known`.
inline ops::Environment environment_with(std::map<std::string, std::string> variables,
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
          .program = [](ops::ServiceConfig const&, std::string const& program) { return program == "known"; }};
}

inline ops::Config good(std::string_view text, ops::Environment const& environment = environment_with({})) {
  auto result = ops::read_config(text, environment);
  if (auto* const config = std::get_if<ops::Config>(&result)) return std::move(*config);
  for (auto const& error : std::get<ops::ConfigErrors>(result).errors)
    ADD_FAILURE() << error.path << ": " << error.what;
  return {.gateway = {}, .services = {ops::ServiceConfig{}}, .warnings = {}};
}

/// Every error as one line.
inline std::vector<std::string> errors_of(std::string_view text,
                                   ops::Environment const& environment = environment_with({})) {
  auto const result = ops::read_config(text, environment);
  std::vector<std::string> lines;
  if (auto const* const wrong = std::get_if<ops::ConfigErrors>(&result))
    for (auto const& error : wrong->errors) lines.push_back(error.path + ": " + error.what);
  return lines;
}

inline std::string first_error(std::string_view text, ops::Environment const& environment = environment_with({})) {
  auto const lines = errors_of(text, environment);
  return lines.empty() ? "no error" : lines.front();
}

}  // namespace gateway::fakes
