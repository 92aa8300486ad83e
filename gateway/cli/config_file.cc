#include "gateway/cli/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "gateway/cli/gateway_flags.h"
#include "gateway/cli/load_config.h"

namespace gateway::cli {

namespace {

constexpr std::size_t kMostMib = 64;

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

ConfigFile::ConfigFile(Arguments arguments, sandbox::Support support, AskedOfSystem asked)
    : arguments_(std::move(arguments)), support_(std::move(support)), asked_(asked) {
  watch({arguments_.file});
  if (auto const loaded = load_config(arguments_.config(), ReadFrom::Files)) watch(loaded->files);
}

/// Those that are watched already keep what was seen of them before they were read: a change since is one.
void ConfigFile::watch(std::vector<std::string> const& files) {
  auto before = std::exchange(files_, {});
  for (auto const& file : files) {
    auto const known = std::ranges::find(before, file, &io::ChangingFile::path);
    if (known == before.end()) {
      (void)files_.emplace_back(file, kMostMib).read_if_changed();
    } else if (std::ranges::find(files_, file, &io::ChangingFile::path) == files_.end()) {
      files_.push_back(*known);
    }
  }
}

bool ConfigFile::has_changed() {
  auto changed = false;
  for (auto& file : files_) changed |= file.read_if_changed().has_value();
  return changed;
}

admin::ReadConfig ConfigFile::read() {
  (void)has_changed();
  auto loaded = load_config(arguments_.config(), ReadFrom::Files);
  if (!loaded) return std::vector<std::string>{loaded.error().what};
  watch(loaded->files);
  if (auto const* const wrong = std::get_if<config::ConfigErrors>(&loaded->read)) {
    std::vector<std::string> errors;
    for (auto const& error : wrong->errors) errors.push_back(fmt::format("{}: {}", error.path, error.what));
    return errors;
  }
  auto& config = std::get<config::Config>(loaded->read);
  std::ostringstream why;
  if (!keep_services(config, arguments_.services, why) || !apply_gateway_flags(arguments_, config, why))
    return lines_of(why.str());
  if (asked_of_system(config) > asked_) {
    return std::vector<std::string>{
        "what this system can do for sandboxes is found out at the start, and no service needed it then; restart the "
        "gateway to use this configuration"};
  }
  find_sandbox_faults(config, support_);
  return std::move(config);
}

}  // namespace gateway::cli
