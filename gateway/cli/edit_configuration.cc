#include "gateway/cli/edit_configuration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/counted.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/cli/replace_file.h"
#include "gateway/cli/startable.h"
#include "gateway/config/json.h"
#include "gateway/config/needs.h"
#include "gateway/config/object_span.h"
#include "gateway/config/reader.h"
#include "gateway/config/shape.h"
#include "gateway/config/values.h"

namespace gateway::cli {

namespace {

using EditJson = config::Json;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

int complain(std::ostream& errors, std::string_view what) {
  errors << what << '\n';
  return kUsageError;
}

/// A configuration as text, and where its services stand in it.
class ServicesText {
 public:
  /// Empty, with what is wrong, for a text that is none.
  static std::optional<ServicesText> read(std::string const& file, std::string text, std::ostream& errors) {
    config::ConfigReport report;
    auto const tree = config::parse_config_json(text, report);
    auto const begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    auto whole = tree && report.errors.empty() ? config::object_at(text, begin) : std::nullopt;
    if (!whole) {
      errors << fmt::format("{}: {}\n", file, counted(report.errors.size(), "error"));
      for (auto const& error : report.errors) errors << fmt::format("  {}: {}\n", error.path, error.what);
      return std::nullopt;
    }
    ServicesText services(std::move(text), *std::move(whole));
    if (config::is_bare_map(*tree)) services.blocks_.push_back(services.whole_);
    for (auto const& [key, value] : tree->items()) {
      auto const block = config::services_under(key, value);
      auto const* const member = services.whole_.find(key);
      if (!block || &value != block->services || member == nullptr) continue;
      if (auto span = config::object_at(services.text_, member->value)) services.blocks_.push_back(*std::move(span));
    }
    return services;
  }

  /// The services themselves, which may be the whole file; empty where there is no such block yet.
  [[nodiscard]] bool has(std::string_view name) const { return block_with(name) != nullptr; }

  /// For people: all services that stand in the file.
  [[nodiscard]] std::string names() const {
    std::string names;
    for (auto const& block : blocks_)
      for (auto const& each : block.members) names += fmt::format("{}{}", names.empty() ? "" : ", ", each.key);
    return names.empty() ? "none" : names;
  }

  [[nodiscard]] std::string with(std::string const& name, EditJson const& entry) const {
    if (!blocks_.empty()) return config::with_member(text_, blocks_.front(), name, entry);
    return config::with_member(text_, whole_, "mcpServers", EditJson{{name, entry}});
  }

  /// Of a service that it has.
  [[nodiscard]] std::string without(std::string_view name) const {
    auto const* const block = block_with(name);
    return config::without_member(text_, *block, *block->find(name));
  }

 private:
  ServicesText(std::string text, config::ObjectSpan whole) : text_(std::move(text)), whole_(std::move(whole)) {}

  [[nodiscard]] config::ObjectSpan const* block_with(std::string_view name) const {
    auto const found = std::ranges::find_if(blocks_, [&](auto const& block) { return block.find(name) != nullptr; });
    return found == blocks_.end() ? nullptr : &*found;
  }

  std::string text_;
  config::ObjectSpan whole_;
  std::vector<config::ObjectSpan> blocks_;  ///< of services: `mcpServers`, or as other programs call it
};

std::string file_of(Arguments const& arguments) {
  return arguments.file.empty() ? usual_config_file() : arguments.file;
}

std::string folder_of_file(std::string const& file) {
  std::error_code unknown;
  return std::filesystem::absolute(file, unknown).lexically_normal().parent_path().string();
}

/// Writes what was checked whole, and tells what a running gateway makes of it.
int write_checked(std::string const& file, std::string const& text, std::string_view done, std::string const& name,
                  std::ostream& out, std::ostream& errors) {
  auto const read = config::read_config(text, config::process_environment(), folder_of_file(file));
  if (auto const* const wrong = std::get_if<config::ConfigErrors>(&read)) {
    errors << fmt::format("{}: nothing is written, as it would have {}\n", file,
                          counted(wrong->errors.size(), "error"));
    for (auto const& error : wrong->errors) errors << fmt::format("  {}: {}\n", error.path, error.what);
    return kUsageError;
  }
  if (auto const written = replace_file(file, text); !written) {
    errors << written.error().what << '\n';
    return 1;
  }
  auto const& config = std::get<config::Config>(read);
  out << fmt::format("{}: {} {}\n", file, name, done);
  for (auto const& service : config.services) {
    if (service.name != name || service.disabled) continue;
    auto const why = service.available() ? why_not_startable(service) : config::why_unavailable(service);
    if (!why.empty()) out << fmt::format("note: it cannot start: {}\n", why);
  }
  out << (config.gateway.reload_on_change ? "A running gateway takes it up by itself.\n"
                                          : "A running gateway takes it up with: mcp-gateway reload\n");
  return 0;
}

/// `NAME=VALUE` of --env; the error says which is not.
Result<EditJson> entry_to_add(Arguments const& arguments) {
  auto const& asked = arguments.configuration;
  EditJson entry{{"command", arguments.server.front()}};
  for (std::size_t i = 1; i < arguments.server.size(); ++i) entry["args"].push_back(arguments.server[i]);
  for (auto const& setting : asked.env) {
    auto const equals = setting.find('=');
    if (equals == setting.npos || equals == 0)
      return Error{fmt::format("--env: expected NAME=VALUE, found '{:.60}'", setting)};
    entry["env"][setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  if (!asked.pass_env.empty()) entry["pass_env"] = asked.pass_env;
  return entry;
}

/// A file that is named and not there yet is begun.
Result<std::string> text_to_extend(Arguments const& arguments, std::string const& file) {
  std::error_code none;
  if (!arguments.file.empty() && file != "-" && !std::filesystem::exists(std::filesystem::symlink_status(file, none)))
    return std::string("{\n  \"mcpServers\": {}\n}\n");
  return read_config_file(file);
}

}  // namespace

int add_service(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const file = file_of(arguments);
  auto const& name = arguments.configuration.name;
  if (auto const good = config::check_service_name(name); !good) return complain(errors, "add: " + good.error().what);
  auto const entry = entry_to_add(arguments);
  if (!entry) return complain(errors, "add: " + entry.error().what);
  auto const held = hold_file(file);
  if (!held) return complain(errors, held.error().what);
  auto text = text_to_extend(arguments, file);
  if (!text) return complain(errors, text.error().what);
  auto const services = ServicesText::read(file, *std::move(text), errors);
  if (!services) return kUsageError;
  if (services->has(name))
    return complain(errors, fmt::format("add: {} has a service '{}' already; mcp-gateway remove {} takes it out", file,
                                        name, name));
  return write_checked(file, services->with(name, *entry), "added", name, out, errors);
}

int remove_service(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const file = file_of(arguments);
  auto const& name = arguments.configuration.name;
  auto const held = hold_file(file);
  if (!held) return complain(errors, held.error().what);
  auto text = read_config_file(file);
  if (!text) return complain(errors, text.error().what);
  auto const services = ServicesText::read(file, *std::move(text), errors);
  if (!services) return kUsageError;
  if (services->has(name)) return write_checked(file, services->without(name), "removed", name, out, errors);
  return complain(errors,
                  fmt::format("remove: {} has no service '{:.80}'; those there: {}", file, name, services->names()));
}

}  // namespace gateway::cli
