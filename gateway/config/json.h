// The configuration as a JSON tree, and the place in it that is being read.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/reader.h"

namespace gateway::config {

/// Keeps the order of the file, which is the order of the services. A value
/// that is `discarded` had an error that is already reported.
using Json = nlohmann::ordered_json;

/// Whether an object has a value there that is not null.
[[nodiscard]] bool has(Json const& object, std::string_view key);

/// Keys people write comments in where their JSON has none.
[[nodiscard]] bool is_remark(std::string_view key);

/// Findings of reading a file, collected until the end.
struct ConfigReport {
  std::vector<ConfigError> errors;
  std::vector<ConfigWarning> warnings;
  /// Path to the text before its variables were expanded: what an error shows.
  std::map<std::string, std::string, std::less<>> originals;
  /// What was put in for variables and files.
  std::vector<Secret> put_in;
};

/// A value's place in the file: knows its path, and where to report.
class ConfigPlace {
 public:
  ConfigPlace(ConfigReport& report, std::string path) : report_(&report), path_(std::move(path)) {}

  [[nodiscard]] ConfigPlace member(std::string_view key) const;
  [[nodiscard]] ConfigPlace element(std::size_t index) const;
  [[nodiscard]] std::string const& path() const { return path_; }

  void error(std::string what) const { report_->errors.push_back({path_, std::move(what)}); }
  void warning(std::string what) const { report_->warnings.push_back({path_, std::move(what)}); }
  void expanded_from(std::string original) const { report_->originals[path_] = std::move(original); }
  void put_in(std::string text) const { report_->put_in.emplace_back(std::move(text)); }

  /// Whether something was wrong with what stands here.
  [[nodiscard]] bool has_errors() const;
  /// `expected 1..100, found -5`.
  void mismatch(std::string_view expected, Json const& found) const;
  /// `expected a list, found a text`: for values that may hold a secret.
  void mismatch_hidden(std::string_view expected, Json const& found) const;

 private:
  ConfigReport* report_;
  std::string path_;
};

/// Parses JSON with comments and trailing commas. Syntax errors and keys that
/// stand twice go to `report`; empty when there is no tree to read.
[[nodiscard]] std::optional<Json> parse_config_json(std::string_view text, ConfigReport& report);

/// `; did you mean 'call_timeout'?`, or nothing when no name is near.
[[nodiscard]] std::string suggestion(std::string_view key, std::vector<std::string_view> const& names);

}  // namespace gateway::config
