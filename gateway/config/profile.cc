#include "gateway/config/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/config/expand.h"
#include "gateway/config/include.h"
#include "gateway/config/values.h"

namespace gateway::config {

namespace {

/// Where `patch` changes what is in `tree`, as far up as it is its alone.
void add_changed(ConfigPlace const& place, Json const& tree, Json const& patch, std::vector<std::string>& paths) {
  for (auto const& [key, value] : patch.items()) {
    auto const below = tree.find(key);
    if (value.is_object() && below != tree.end() && below->is_object()) {
      add_changed(place.member(key), *below, value, paths);
    } else {
      paths.push_back(place.member(key).path());
    }
  }
}

/// Of files of a profile there is one thing to say first: whose they are.
void report_in(std::string const& name, ConfigReport const& own, ConfigReport& report) {
  for (auto const& error : own.errors) report.errors.push_back({fmt::format("{}: {}", name, error.path), error.what});
}

/// The place of a key that is reported at the object that has it; otherwise nothing.
std::string unknown_key(ConfigReport& report, ConfigError const& error) {
  constexpr std::string_view kSaid = "unknown key '";
  auto const end = error.what.find('\'', kSaid.size());
  if (!error.what.starts_with(kSaid) || end == error.what.npos) return {};
  return ConfigPlace{report, error.path}.member(error.what.substr(kSaid.size(), end - kSaid.size())).path();
}

/// Puts the services of included files where they would stand without them.
void put_included(ConfigReport& report, Environment const& environment, std::string_view folder, Json& file) {
  ConfigPlace const place{report, "include"};
  expand_variables(place, file["include"], environment);
  auto included = read_included(place, file["include"], folder, environment);
  file.erase("include");
  for (auto const* const key : {"mcpServers", "servers"})
    if (has(file, key)) lay_over(included, file[key]);
  auto& services = has(file, "servers") && !has(file, "mcpServers") ? file["servers"] : file["mcpServers"];
  if (services.is_null()) services = Json::object();
  auto own = std::exchange(services, std::move(included.entries));
  if (own.is_object()) services.update(own);
}

}  // namespace

bool LaidOver::has(std::string_view path) const {
  return std::ranges::any_of(paths_, [path](std::string const& mine) {
    return path.starts_with(mine) &&
           (path.size() == mine.size() || path[mine.size()] == '.' || path[mine.size()] == '[');
  });
}

void LaidOver::name_file(ConfigReport& report) const {
  for (auto& error : report.errors)
    if (has(error.path) || has(unknown_key(report, error))) error.path = fmt::format("{}: {}", name_, error.path);
  for (auto& warning : report.warnings)
    if (has(warning.path)) warning.path = fmt::format("{}: {}", name_, warning.path);
}

LaidOver lay_profile(ConfigReport& report, Profile const& profile, Json& file) {
  ConfigReport own;
  auto patch = parse_config_json(profile.text, own);
  report_in(profile.name, own, report);
  if (!own.errors.empty() || !patch || !file.is_object()) return {};
  patch->erase("$schema");
  set_folder(*patch, profile.folder);
  std::vector<std::string> paths;
  add_changed(ConfigPlace{report, ""}, file, *patch, paths);
  file.merge_patch(*patch);
  return {profile.name, std::move(paths)};
}

bool is_profile_name(std::string_view name) { return is_plain_name(name) && !name.starts_with('.'); }

std::optional<Json> whole_config(std::string_view text, Environment const& environment, std::string_view folder,
                                 Profile const* profile) {
  ConfigReport report;
  auto file = parse_config_json(text, report);
  if (!file || !file->is_object()) return std::nullopt;
  set_folder(*file, folder);
  if (profile != nullptr) (void)lay_profile(report, *profile, *file);
  if (has(*file, "include")) put_included(report, environment, folder, *file);
  if (!report.errors.empty()) return std::nullopt;
  return file;
}

}  // namespace gateway::config
