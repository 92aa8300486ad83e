#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/edit_configuration.h"
#include "gateway/cli/hints.h"
#include "gateway/cli/load_config.h"
#include "gateway/config/json.h"
#include "gateway/config/profile.h"
#include "gateway/config/shape.h"
#include "gateway/config/values.h"

namespace gateway::cli {

namespace {

using ListJson = config::Json;
using ListRow = std::array<std::string, 4>;

std::string_view isolation_word(config::Isolation isolation) {
  switch (isolation) {
    case config::Isolation::Shared: return "shared";
    case config::Isolation::Session: return "session";
    case config::Isolation::Affinity: return "affinity";
  }
  return "";
}

/// The entry of a service as it is written, so that no secret is shown in place of a reference to it.
ListJson entry_in(ListJson const& file, std::string const& name) {
  auto const of_block = [&](ListJson const& services) {
    if (services.is_object())
      for (auto const& [key, entry] : services.items())
        if (key == name || config::as_service_name(key) == name) return entry;
    return ListJson{};
  };
  if (config::is_bare_map(file)) return of_block(file);
  for (auto const& [key, value] : file.items())
    if (auto const block = config::services_under(key, value))
      if (auto const entry = of_block(*block->services); !entry.is_null()) return entry;
  return {};
}

std::string command_in(ListJson const& entry, config::ServiceConfig const& service) {
  if (!service.url.empty()) {
    for (auto const* const key : {"url", "serverUrl", "httpUrl"})
      if (entry.is_object() && entry.value(key, ListJson{}).is_string()) return entry[key].get<std::string>();
  }
  auto const command = entry.is_object() ? entry.value("command", ListJson{}) : ListJson{};
  if (!command.is_string()) return service.command.empty() ? "-" : service.command;
  std::vector<std::string> words{command.get<std::string>()};
  auto const args = entry.value("args", ListJson::array());
  for (auto const& arg : args)
    if (arg.is_string()) words.push_back(arg);
  return shell_words(words);
}

std::string state_word(config::ServiceConfig const& service) {
  if (service.disabled) return "disabled";
  return service.faults.empty() ? "enabled" : "unavailable";
}

void print_rows(std::vector<ListRow> const& rows, std::ostream& out) {
  std::array<std::size_t, 2> widths{};
  for (auto const& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i == 0 ? 0 : 1].size());
  constexpr std::size_t kState = 11;
  for (auto const& row : rows)
    out << fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2], kState, row[3]);
}

}  // namespace

int list_services(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  ConfigFiles const files{.file = arguments.file.empty() ? usual_config_file() : arguments.file};
  auto const config = load_config(files, errors);
  if (!config) return kUsageError;
  auto const texts = files.file == "-" ? Result<ConfigTexts>(Error{}) : read_config_texts(files);
  auto const whole =
      texts ? config::whole_config(texts->text, config::process_environment(), texts->folder, nullptr) : std::nullopt;
  std::vector<ListRow> rows{{"NAME", "ISOLATION", "STATE", "COMMAND"}};
  for (auto const& service : config->services)
    rows.push_back({service.name, std::string(isolation_word(service.isolation)), state_word(service),
                    command_in(whole ? entry_in(*whole, service.name) : ListJson{}, service)});
  print_rows(rows, out);
  return 0;
}

}  // namespace gateway::cli
