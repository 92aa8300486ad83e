#include "gateway/config/reader.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "gateway/config/expand.h"
#include "gateway/config/fields.h"
#include "gateway/config/groups.h"
#include "gateway/config/include.h"
#include "gateway/config/log_outputs.h"
#include "gateway/config/needs.h"
#include "gateway/config/oauth.h"
#include "gateway/config/overlay.h"
#include "gateway/config/profile.h"
#include "gateway/config/rights.h"
#include "gateway/config/service.h"
#include "gateway/config/shape.h"
#include "gateway/config/tls.h"
#include "gateway/config/token_file.h"
#include "gateway/config/tokens.h"
#include "gateway/config/versions.h"

namespace gateway::config {
namespace {

/// Its path, unless another file is there now, or none.
std::string own_program() {
  constexpr auto kAnyway = "/proc/self/exe";
  std::error_code error;
  auto const path = std::filesystem::read_symlink(kAnyway, error);
  return !error && std::filesystem::equivalent(path, kAnyway, error) && !error ? path.string() : kAnyway;
}

/// The file as a whole.
class FileReader {
 public:
  FileReader(ConfigReport& report, Environment const& environment, std::string_view folder, Config& config)
      : report_(report), environment_(environment), folder_(folder), config_(config) {}

  void read(Json& file) {
    set_folder(file, folder_);
    if (has(file, "include")) read_included_services(file);
    if (is_bare_map(file)) {
      ConfigPlace{report_, "the file"}.warning("Read as mcpServers: it holds servers by name and nothing around them.");
      for (auto const& [key, entry] : file.items())
        if (!is_remark(key) && key != "$schema") read_service(ConfigPlace{report_, ""}.member(key), key, entry);
    } else if (auto const why = what_instead(file); !why.empty()) {
      return ConfigPlace{report_, "the file"}.error(why);
    } else {
      for (auto& [key, value] : file.items()) read_key(key, value);
      // Groups name services, wherever these stand.
      if (has(file, "groups")) read_groups(file["groups"]);
      note_unknown();
    }
    if (config_.services.empty() && report_.errors.empty()) no_service(file);
    check_listeners();
    check_tls(report_, config_, [this](ServiceConfig const& service) { return names_[lower_case(service.name)]; });
    check_loops();
    check_owners();
    check_rights(ConfigPlace{report_, "gateway"}, config_);
    for (auto& service : config_.services) {
      if (!service.pinned_tools) service.pinned_tools = config_.gateway.pinned_tools;
    }
    if (!report_.errors.empty()) note_faults();
  }

 private:
  /// Where nothing starts, what would be said of single services is said at once, too.
  void note_faults() {
    for (auto const& service : config_.services) {
      if (service.disabled || service.faults.empty()) continue;
      ConfigPlace{report_, names_[lower_case(service.name)]}.warning(why_unavailable(service));
    }
  }

  void read_key(std::string const& key, Json& value) {
    ConfigPlace const place = ConfigPlace{report_, ""}.member(key);
    if (key == "gateway") return read_gateway(place, value);
    if (auto const block = services_under(key, value)) return read_services(*block);
    if (key == "include" || key == "groups" || key == "$schema" || is_remark(key)) return;
    auto const near = suggestion(key, {"mcpServers", "servers", "groups", "gateway", "include"});
    if (!near.empty()) return place.error(fmt::format("unknown key '{}'{}", key, near));
    unknown_.push_back(key);
    if (below_.empty()) below_ = services_below(place, value);
  }

  /// Settings of an editor have dozens.
  void note_unknown() const {
    if (!below_.empty() && !config_.services.empty()) {
      ConfigPlace{report_, below_}.warning("Ignored: only services at the top level of the file are served.");
    }
    constexpr std::size_t kOneByOne = 3;
    if (unknown_.size() <= kOneByOne) {
      for (auto const& key : unknown_)
        ConfigPlace{report_, ""}.member(key).warning("Ignored: not a key of mcp-gateway.");
      return;
    }
    ConfigPlace{report_, "the file"}.warning(
        fmt::format("Ignored: {} keys that are not mcp-gateway's, from '{}' to '{}'.", unknown_.size(),
                    unknown_.front(), unknown_.back()));
  }

  void no_service(Json const& file) const {
    std::string keys;
    for (auto const& [key, unused] : file.items()) keys += fmt::format("{}'{:.40}'", keys.empty() ? "" : ", ", key);
    auto const instead = !below_.empty()
                             ? fmt::format("; copy those under {} to the top level of a file, under mcpServers", below_)
                         : unknown_.empty() ? std::string{}
                                            : "; the file's keys are " + keys;
    ConfigPlace{report_, "mcpServers"}.error("expected at least one service, found none" + instead);
  }

  void read_gateway(ConfigPlace const& place, Json& found) {
    expand_variables(place, found, environment_);
    read_fields(place, found, config_.gateway);
    fold_names(config_.gateway);
    if (found.is_object() && has(found, "auth") && found["auth"].is_object() && has(found["auth"], "tokens"))
      check_tokens(place.member("auth").member("tokens"), found["auth"]["tokens"], config_.gateway.auth.tokens);
    check_oauth(place, config_.gateway);
    check_tokens_file(place.member("auth").member("tokens_file"));
    if (!config_.gateway.log.outputs.empty())
      check_log_outputs(place.member("log").member("outputs"), found["log"]["outputs"], config_.gateway.log.outputs);
  }

  void read_groups(Json& found) {
    ConfigPlace const place{report_, "groups"};
    expand_variables(place, found, environment_);
    config_.gateway.groups = config::read_groups(place, found, config_.services);
  }

  /// Read here only to report what is wrong with it: whoever checks tokens reads it again.
  void check_tokens_file(ConfigPlace const& place) {
    auto const& path = config_.gateway.auth.tokens_file;
    if (path.empty() || !environment_.file) return;
    auto const content = environment_.file(path);
    auto const tokens = content ? read_token_file(*content, path) : Result<std::vector<AuthToken>>(content.error());
    if (!tokens) place.error(fmt::format("expected a file of tokens; {}", tokens.error().what));
  }

  /// What stands in an included service is reported in that file, also where it
  /// was laid over it here.
  void read_included_services(Json& file) {
    ConfigPlace const place{report_, "include"};
    expand_variables(place, file["include"], environment_);
    auto included = read_included(place, file["include"], folder_, environment_);
    for (auto const* const key : {"mcpServers", "servers"})
      if (has(file, key)) lay_over(included, file[key]);
    for (auto const& [name, entry] : included.entries.items()) {
      if (is_remark(name)) continue;
      auto const services = fmt::format("{}: mcpServers", included.file_of.find(name)->second);
      read_service(ConfigPlace{report_, services}.member(name), name, entry);
    }
  }

  void read_services(ServicesBlock const& block) {
    ConfigPlace const place{report_, block.path};
    auto const& found = *block.services;
    if (!block.is_ours) place.warning("Read as mcpServers.");
    if (found.is_array()) return read_list(place, found);
    if (!found.is_object()) return place.mismatch_hidden("an object of services by name", found);
    for (auto const& [key, entry] : found.items())
      if (!is_remark(key)) read_service(place.member(key), key, entry);
  }

  /// Services that say their names themselves, as some programs write them.
  void read_list(ConfigPlace const& place, Json const& found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto entry = found[i];
      auto const name = entry.is_object() ? entry.value("name", Json{}) : Json{};
      if (!name.is_string()) {
        place.element(i).error("expected services by name, {\"NAME\": {...}}, found one in a list that has no name");
        continue;
      }
      entry.erase("name");
      read_service(place.element(i), name.get<std::string>(), entry);
    }
  }

  void read_service(ConfigPlace const& place, std::string const& key, Json const& entry) {
    if (has_versions(entry)) return read_versions(place, key, entry);
    auto service = config::read_service(report_, environment_, place, entry);
    if (!service) return;
    service->name = name_for(place, key);
    config_.services.push_back(*std::move(service));
  }

  void read_versions(ConfigPlace const& place, std::string const& key, Json const& entry) {
    auto const name = name_for(place, key);
    for (auto& [version, its_place, its_entry] : versions_of(place, name, entry)) {
      auto service = config::read_service(report_, environment_, its_place, std::move(its_entry));
      if (!service) continue;
      auto const is_first = its_place.path() == place.path();
      service->name = is_first ? name : fmt::format("{}@{}", name, version.name);
      if (!is_first) names_.try_emplace(lower_case(service->name), its_place.path());
      service->version = std::move(version);
      config_.services.push_back(*std::move(service));
    }
  }

  /// The name of the service under `key`; one that fits no path is changed until it does.
  std::string name_for(ConfigPlace const& place, std::string const& key) {
    auto name = check_service_name(key).ok() || is_plain_name(key) ? key : as_service_name(key);
    if (auto const good = check_service_name(name); !good) {
      place.error(good.error().what);
    } else if (auto const [other, is_new] = names_.try_emplace(lower_case(name), place.path()); !is_new) {
      place.error(
          fmt::format("expected another name than that of {}: both would be served under /{}/", other->second, name));
    } else if (name != key) {
      place.warning(fmt::format("Served as '{}': a path holds only A-Z a-z 0-9 . _ -", name));
    }
    return name;
  }

  /// Without a header and without tokens all sessions would be one owner's.
  void check_owners() {
    auto const has_header = [](ServiceConfig const& service) {
      return !service.affinity.header.empty() ||
             std::ranges::any_of(service.owner_env, [](auto const& each) { return !each.second.header.empty(); });
    };
    for (auto const& service : config_.services)
      if (service.isolation == Isolation::Affinity && !has_header(service) && !config_.gateway.auth.required() &&
          !everybody_is_certified(config_.gateway, service))
        ConfigPlace{report_, names_[lower_case(service.name)] + ".affinity"}.error(
            "expected a header, as there are neither gateway.auth.tokens nor client certificates to tell owners apart");
  }

  void check_listeners() {
    auto conflicts =
        listener_conflicts(config_, [this](ServiceConfig const& service) { return names_[lower_case(service.name)]; });
    for (auto& conflict : conflicts) report_.errors.push_back(std::move(conflict));
  }

  void check_loops() const {
    auto const run = std::count_if(config_.services.begin(), config_.services.end(),
                                   [](ServiceConfig const& service) { return !service.disabled; });
    if (config_.gateway.loops <= std::max<std::size_t>(1, static_cast<std::size_t>(run))) return;
    ConfigPlace{report_, "gateway.loops"}.warning(
        fmt::format("More than the services that run ({}): a service is on one loop.", run));
  }

  ConfigReport& report_;
  Environment const& environment_;
  std::string folder_;
  Config& config_;
  std::vector<std::string> unknown_;          // keys at the top
  std::string below_;                         // path of services within them
  std::map<std::string, std::string> names_;  // in lower case, to the path of the service
};

Result<std::string> read_file(std::string const& path) {
  constexpr std::size_t kMost = kMiB;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file{std::fopen(path.c_str(), "rb"), &std::fclose};
  std::string content(kMost + 1, '\0');
  if (file) content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (!file || std::ferror(file.get()) != 0)
    return Error{fmt::format("the file {} cannot be read: {}", path, std::strerror(errno))};
  if (content.size() > kMost) return Error{fmt::format("the file {} is larger than 1MiB", path)};
  return content;
}

}  // namespace

Environment process_environment() {
  return {.variable = [](std::string const& name) -> std::optional<std::string> {
            char const* const value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          },
          .file = read_file,
          .exists =
              [](std::string const& path) {
                std::error_code error;
                return std::filesystem::exists(path, error);
              },
          .program = {},
          .own_program = own_program()};
}

std::variant<Config, ConfigErrors> read_config(std::string_view text, Environment const& environment,
                                               std::string_view folder, Profile const* profile) {
  ConfigReport report;
  Config config;
  if (auto file = parse_config_json(text, report)) {
    auto const laid = profile == nullptr ? LaidOver{} : lay_profile(report, *profile, *file);
    if (report.errors.empty()) FileReader{report, environment, folder, config}.read(*file);
    laid.name_file(report);
  }
  if (!report.errors.empty()) return ConfigErrors{std::move(report.errors), std::move(report.warnings)};
  config.warnings = std::move(report.warnings);
  return config;
}

}  // namespace gateway::config
