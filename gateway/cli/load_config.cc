#include "gateway/cli/load_config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>

#include "gateway/backend/environment.h"
#include "gateway/base/counted.h"
#include "gateway/cli/read_config_file.h"
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

}  // namespace

Result<LoadedConfig> load_config(std::string const& path, ReadFrom from) {
  auto const is_no_file = [from](std::string const& name) {
    std::error_code none;
    auto const found = std::filesystem::status(name, none);
    return from == ReadFrom::Files && std::filesystem::exists(found) && !std::filesystem::is_regular_file(found);
  };
  if (is_no_file(path)) return Error{fmt::format("{}: expected a file, found something else", path)};
  auto const text = read_config_file(path);
  if (!text) return text.error();
  LoadedConfig loaded{.read = {}, .files = {path}};
  auto here = machine();
  here.file = [&loaded, is_no_file, file = std::move(here.file)](std::string const& name) {
    loaded.files.push_back(name);
    if (is_no_file(name)) return Result<std::string>(Error{"expected a file, found something else"});
    return file(name);
  };
  std::error_code unknown_folder;
  auto const folder = std::filesystem::absolute(path, unknown_folder).lexically_normal().parent_path().string();
  loaded.read = config::read_config(*text, here, folder);
  if (auto* const config = std::get_if<config::Config>(&loaded.read)) {
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto unusable = check_tls_files(*config, now);
    if (!unusable.empty()) loaded.read = config::ConfigErrors{std::move(unusable), std::move(config->warnings)};
  }
  return loaded;
}

std::optional<config::Config> load_config(std::string const& path, std::ostream& errors) {
  auto loaded = load_config(path, ReadFrom::Anything);
  if (!loaded) {
    errors << loaded.error().what << '\n';
    return std::nullopt;
  }
  auto& read = loaded->read;
  if (auto* const config = std::get_if<config::Config>(&read)) return std::move(*config);
  auto const& wrong = std::get<config::ConfigErrors>(read);
  errors << fmt::format("{}: {}\n", name_of_config(path), counted(wrong.errors.size(), "error"));
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
