#include "gateway/cli/load_config.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <utility>

#include "gateway/backend/environment.h"
#include "gateway/base/counted.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/config/profile.h"
#include "gateway/config/reader.h"
#include "gateway/io/program_path.h"
#include "gateway/tls_files.h"

namespace gateway::cli {

namespace {

/// Programs are looked for as the service's child would be.
config::Environment machine() {
  auto here = config::process_environment();
  here.program = [](config::ServiceConfig const& service, std::string const& program) {
    return io::find_program(program, backend::child_environment(service, environ), AT_FDCWD).ok();
  };
  return here;
}

constexpr std::string_view kProfiles = "profiles";

std::filesystem::path folder_of(std::string const& file) {
  return std::filesystem::path(file).parent_path() / kProfiles;
}

/// The profiles there are, for whoever mistyped one.
std::string profiles_beside(std::string const& file) {
  std::vector<std::string> names;
  std::error_code none;
  for (auto const& entry : std::filesystem::directory_iterator(folder_of(file), none))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// Why there is no such profile; empty where there is one.
std::string no_profile(ConfigFiles const& files) {
  if (files.file == "-")
    return "--profile: expected a file of the configuration beside which profiles/ lies, found stdin";
  if (!config::is_profile_name(files.profile))
    return fmt::format("--profile: expected the name of a file in profiles/, without .json, found '{:.60}'",
                       files.profile);
  std::error_code none;
  if (std::filesystem::exists(profile_file(files), none)) return {};
  return fmt::format("profile {}: there is no file {}; profiles there: {}", files.profile, profile_file(files),
                     profiles_beside(files.file));
}

}  // namespace

std::string usual_config_file() {
  constexpr std::string_view kHere = "gateway.json";
  constexpr std::string_view kPackaged = "/etc/mcp-gateway/gateway.json";
  auto const* const named = std::getenv("MCP_GATEWAY_CONFIG");
  if (named != nullptr && *named != '\0') return named;
  std::error_code none;
  return std::string(std::filesystem::exists(kHere, none) ? kHere : kPackaged);
}

std::string profile_file(ConfigFiles const& files) {
  return (folder_of(files.file) / fmt::format("{}.json", files.profile)).string();
}

Result<ConfigTexts> read_config_texts(ConfigFiles const& files) {
  auto text = read_config_file(files.file);
  if (!text) return text.error();
  std::error_code unknown;
  auto const absolute = std::filesystem::absolute(files.file, unknown).lexically_normal();
  ConfigTexts texts{.text = *std::move(text), .folder = absolute.parent_path().string(), .profile = std::nullopt};
  if (files.profile.empty()) return texts;
  if (auto const why = no_profile(files); !why.empty()) return Error{why};
  auto const path = profile_file(files);
  auto profile = read_config_file(path);
  if (!profile) return profile.error();
  texts.profile = config::Profile{
      .name = path, .text = *std::move(profile), .folder = (absolute.parent_path() / kProfiles).string()};
  return texts;
}

Result<LoadedConfig> load_config(ConfigFiles const& files, ReadFrom from) {
  auto const is_no_file = [from](std::string const& name) {
    std::error_code none;
    auto const found = std::filesystem::status(name, none);
    return from == ReadFrom::Files && std::filesystem::exists(found) && !std::filesystem::is_regular_file(found);
  };
  LoadedConfig loaded{.read = {}, .files = {files.file}};
  if (!files.profile.empty()) loaded.files.push_back(profile_file(files));
  for (auto const& path : loaded.files)
    if (is_no_file(path)) return Error{fmt::format("{}: expected a file, found something else", path)};
  auto const texts = read_config_texts(files);
  if (!texts) return texts.error();
  auto here = machine();
  here.file = [&loaded, is_no_file, file = std::move(here.file)](std::string const& name) {
    loaded.files.push_back(name);
    if (is_no_file(name)) return Result<std::string>(Error{"expected a file, found something else"});
    return file(name);
  };
  auto const* const profile = texts->profile ? &*texts->profile : nullptr;
  loaded.read = config::read_config(texts->text, here, texts->folder, profile);
  if (auto* const config = std::get_if<config::Config>(&loaded.read)) {
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto unusable = check_tls_files(*config, now);
    if (!unusable.empty()) loaded.read = config::ConfigErrors{std::move(unusable), std::move(config->warnings)};
  }
  return loaded;
}

std::optional<config::Config> load_config(ConfigFiles const& files, std::ostream& errors) {
  auto loaded = load_config(files, ReadFrom::Anything);
  if (!loaded) {
    errors << loaded.error().what << '\n';
    return std::nullopt;
  }
  auto& read = loaded->read;
  if (auto* const config = std::get_if<config::Config>(&read)) return std::move(*config);
  auto const& wrong = std::get<config::ConfigErrors>(read);
  errors << fmt::format("{}: {}\n", name_of_config(files.file), counted(wrong.errors.size(), "error"));
  for (auto const& error : wrong.errors) errors << fmt::format("  {}: {}\n", error.path, error.what);
  for (auto const& note : wrong.notes) errors << fmt::format("  note: {}: {}\n", note.path, note.what);
  return std::nullopt;
}

bool keep_services(config::Config& config, std::vector<std::string> const& names, std::ostream& errors) {
  if (names.empty()) return true;
  for (auto const& name : names) {
    auto const known = std::any_of(config.services.begin(), config.services.end(),
                                   [&](auto const& service) { return service.name == name; });
    if (known) continue;
    errors << fmt::format("--service {}: the configuration has no service of that name; it has:", name);
    for (auto const& service : config.services) errors << ' ' << service.name;
    errors << '\n';
    return false;
  }
  std::erase_if(config.services, [&](auto const& service) {
    return std::find(names.begin(), names.end(), service.name) == names.end();
  });
  return true;
}

}  // namespace gateway::cli
