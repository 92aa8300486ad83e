#include "gateway/ops/config_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>

#include "gateway/ops/config_expand.h"
#include "gateway/ops/config_fields.h"
#include "gateway/ops/config_include.h"
#include "gateway/ops/config_needs.h"
#include "gateway/ops/config_overlay.h"

namespace gateway::ops {
namespace {

bool has(Json const& object, std::string_view key) {
  auto const member = object.find(key);
  return member != object.end() && !member->is_null();
}

/// Keys people write comments in where their JSON has none.
bool is_remark(std::string_view key) { return key.starts_with("//") || key.starts_with('_'); }

template <typename Struct>
void expect_at_most(ConfigPlace const& place, Struct const& in, milliseconds Struct::*lower,
                    milliseconds Struct::*upper, std::string_view lower_key, std::string_view upper_key) {
  if (in.*lower > in.*upper)
    place.member(lower_key).error(fmt::format("expected at most {} ({}), found {}", upper_key,
                                              duration_text(in.*upper), duration_text(in.*lower)));
}

/// One entry of `mcpServers`: first what other programs left there, then ours.
class ServiceReader {
 public:
  ServiceReader(ConfigReport& report, Environment const& environment, ConfigPlace place, Json entry)
      : report_(report), environment_(environment), place_(std::move(place)), entry_(std::move(entry)) {}

  /// Empty when the entry is nothing we can run.
  std::optional<ServiceConfig> read() {
    if (!entry_.is_object()) {
      place_.mismatch_hidden("an object with a command", entry_);
      return std::nullopt;
    }
    off_ = entry_.value("disabled", Json{}) == true || entry_.value("enabled", Json{}) == false;
    if (is_remote()) return std::nullopt;
    drop_foreign_keys();
    auto const first = report_.errors.size();
    auto const missing = expand();
    adopt_timeout();
    auto const enabled = take_enabled();
    read_fields(place_, entry_, service_);
    service_.affinity.header = lower_case(service_.affinity.header);
    service_.unmet = unmet_needs(service_, environment_);
    report(missing, first);
    if (enabled && has(entry_, "disabled") && service_.disabled == *enabled)
      place_.member("enabled").error("expected the opposite of disabled");
    service_.disabled = service_.disabled || !enabled.value_or(true);
    check();
    return std::move(service_);
  }

 private:
  bool is_remote() {
    std::string why;
    for (auto const key : {"url", "serverUrl", "httpUrl"})
      if (has(entry_, key)) why = fmt::format("it has {}", key);
    for (auto const key : {"type", "transport", "transportType"}) {
      if (why.empty() && has(entry_, key) && entry_[key] != "stdio")
        why = fmt::format("its {} is not stdio", key);
      entry_.erase(key);
    }
    if (why.empty()) return false;
    why = fmt::format("remote servers are not supported, and {}", why);
    if (off_)
      place_.warning(why + "; left out, as it is disabled");
    else
      place_.error(why + "; expected a command to run");
    return true;
  }

  void drop_foreign_keys() {
    for (auto const& foreign : kForeignKeys)
      if (entry_.erase(std::string{foreign.key}) > 0)
        place_.member(foreign.key).warning(std::string{foreign.sentence});
    std::vector<std::string> remarks;
    for (auto const& [key, value] : entry_.items())
      if (is_remark(key)) remarks.push_back(key);
    for (auto const& key : remarks) entry_.erase(key);
  }

  /// Gives what could not be expanded.
  std::vector<ConfigError> expand() {
    ConfigReport own;
    expand_variables(ConfigPlace{own, place_.path()}, entry_, environment_);
    report_.originals.merge(own.originals);
    return std::move(own.errors);
  }

  /// A service that is not started, because it is disabled or lacks what it needs,
  /// may name variables that are not there. Errors go before those found later.
  void report(std::vector<ConfigError> const& missing, std::size_t first) {
    if (off_ || !service_.unmet.empty()) {
      for (auto const& error : missing) report_.warnings.push_back({error.path, error.what});
    } else {
      report_.errors.insert(report_.errors.begin() + static_cast<std::ptrdiff_t>(first), missing.begin(), missing.end());
    }
  }

  /// `timeout` of other programs: seconds for most (Cline's largest is 3600), milliseconds for some.
  void adopt_timeout() {
    if (!entry_.contains("timeout")) return;
    auto const found = std::exchange(entry_["timeout"], Json{});
    entry_.erase("timeout");
    auto const place = place_.member("timeout");
    if (found.is_null() || found.is_discarded() || found == 0) return;
    if (has(entry_, "call_timeout")) return place.warning("Ignored: call_timeout is there too.");
    Json duration = found;
    if (found.is_number()) {
      auto const number = found.get<double>();
      if (number > 3600)
        place.warning(fmt::format("Read as {} milliseconds; call_timeout is clearer.", number));
      auto const most = static_cast<double>(std::numeric_limits<std::int32_t>::max());
      auto const count = std::clamp(number > 3600 ? number : number * 1000, 0.0, most);
      duration = duration_text(milliseconds{static_cast<milliseconds::rep>(count)});
    }
    Span{milliseconds{10}, kDay}.read(place, duration, service_.call_timeout);
    service_.call_timeout_max = std::max(service_.call_timeout_max, service_.call_timeout);
  }

  std::optional<bool> take_enabled() {
    if (!has(entry_, "enabled")) return std::nullopt;
    bool enabled = true;
    if (!entry_["enabled"].is_discarded()) Flag{}.read(place_.member("enabled"), entry_["enabled"], enabled);
    entry_.erase("enabled");
    return enabled;
  }

  void check() const {
    expect_at_most(place_, service_, &ServiceConfig::call_timeout, &ServiceConfig::call_timeout_max,
                   "call_timeout", "call_timeout_max");
    expect_at_most(place_.member("restart"), service_.restart, &RestartConfig::backoff_initial,
                   &RestartConfig::backoff_max, "backoff_initial", "backoff_max");
    check_isolation();
    auto const& probe = service_.probe;
    if (probe && probe->tool.empty() == probe->method.empty())
      place_.member("probe").error("expected exactly one of tool and method");
    if (probe && service_.isolation == Isolation::Session)
      place_.member("probe").warning("Ignored: a child of a single session is not probed.");
    for (std::size_t i = 0; i < service_.needs.size(); ++i) {
      auto const& need = service_.needs[i];
      if (!need.variable.empty() + !need.program.empty() + !need.file.empty() != 1)
        place_.member("needs").element(i).error("expected exactly one of variable, program and file");
    }
  }

  void check_isolation() const {
    if (service_.isolation != Isolation::Shared && service_.replicas > 1)
      place_.member("replicas").warning("Ignored: only shared children have replicas.");
    if (service_.isolation != Isolation::Shared && service_.idle_stop > milliseconds{})
      place_.member("idle_stop").warning("Ignored: children that are not shared end with their sessions.");
    if (service_.isolation != Isolation::Affinity && has(entry_, "affinity"))
      place_.member("affinity").warning("Ignored: isolation is not affinity.");
  }

  ConfigReport& report_;
  Environment const& environment_;
  ConfigPlace place_;
  Json entry_;
  bool off_ = false;
  ServiceConfig service_;
};

/// The file as a whole.
class FileReader {
 public:
  FileReader(ConfigReport& report, Environment const& environment, std::string_view folder, Config& config)
      : report_(report), environment_(environment), folder_(folder), config_(config) {}

  void read(Json& file) {
    set_folder(file, folder_);
    if (has(file, "include")) read_included_services(file);
    for (auto& [key, value] : file.items()) {
      ConfigPlace const place = ConfigPlace{report_, ""}.member(key);
      if (key == "gateway")
        read_gateway(place, value);
      else if (key == "mcpServers" || key == "servers")
        read_services(place, value);
      else if (key != "include" && key != "$schema" && !is_remark(key))
        read_unknown(place, key);
    }
    if (config_.services.empty() && report_.errors.empty())
      ConfigPlace{report_, "mcpServers"}.error("expected at least one service, found none");
    check_listeners();
    check_loops();
    check_owners();
  }

 private:
  void read_unknown(ConfigPlace const& place, std::string_view key) {
    auto const near = suggestion(key, {"mcpServers", "servers", "gateway", "include"});
    if (near.empty())
      place.warning("Ignored: not a key of mcp-gateway.");
    else
      place.error(fmt::format("unknown key '{}'{}", key, near));
  }

  void read_gateway(ConfigPlace const& place, Json& found) {
    expand_variables(place, found, environment_);
    read_fields(place, found, config_.gateway);
    fold_names(config_.gateway);
    if (found.is_object() && has(found, "auth") && found["auth"].is_object() && has(found["auth"], "tokens"))
      check_tokens(place.member("auth").member("tokens"), found["auth"]["tokens"]);
  }

  void check_tokens(ConfigPlace const& place, Json const& found) {
    std::map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < config_.gateway.auth.tokens.size(); ++i) {
      auto const& name = config_.gateway.auth.tokens[i].name;
      if (found[i].is_object() && has(found[i], "token") == has(found[i], "sha256"))
        place.element(i).error("expected exactly one of token and sha256");
      auto const [other, is_new] = names.try_emplace(name, i);
      if (!is_new && !name.empty())
        place.element(i).member("name").error(
            fmt::format("expected another name than that of {}", place.element(other->second).path()));
    }
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

  void read_services(ConfigPlace const& place, Json const& found) {
    if (!found.is_object()) return place.mismatch_hidden("an object of services by name", found);
    for (auto const& [key, entry] : found.items())
      if (!is_remark(key)) read_service(place.member(key), key, entry);
  }

  void read_service(ConfigPlace const& place, std::string const& key, Json const& entry) {
    auto service = ServiceReader{report_, environment_, place, entry}.read();
    if (!service) return;
    service->name = name_for(place, key);
    config_.services.push_back(*std::move(service));
  }

  /// The name of the service under `key`; one that fits no path is changed until it does.
  std::string name_for(ConfigPlace const& place, std::string const& key) {
    auto name = check_service_name(key).ok() || is_plain_name(key) ? key : as_service_name(key);
    if (auto const good = check_service_name(name); !good) {
      place.error(good.error().what);
    } else if (auto const [other, is_new] = names_.try_emplace(lower_case(name), place.path()); !is_new) {
      place.error(fmt::format("expected another name than that of {}: both would be served under /{}/",
                              other->second, name));
    } else if (name != key) {
      place.warning(fmt::format("Served as '{}': a path holds only A-Z a-z 0-9 . _ -", name));
    }
    return name;
  }

  /// Without a header and without tokens all sessions would be one owner's.
  void check_owners() {
    for (auto const& service : config_.services)
      if (service.isolation == Isolation::Affinity && service.affinity.header.empty() &&
          config_.gateway.auth.tokens.empty())
        ConfigPlace{report_, names_[lower_case(service.name)] + ".affinity"}.error(
            "expected a header, as there are no gateway.auth.tokens to tell owners apart");
  }

  void check_listeners() {
    auto conflicts = listener_conflicts(
        config_, [this](ServiceConfig const& service) { return names_[lower_case(service.name)]; });
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
          .program = {}};
}

std::variant<Config, ConfigErrors> read_config(std::string_view text, Environment const& environment,
                                               std::string_view folder) {
  ConfigReport report;
  Config config;
  if (auto file = parse_config_json(text, report)) FileReader{report, environment, folder, config}.read(*file);
  if (!report.errors.empty()) return ConfigErrors{std::move(report.errors)};
  config.warnings = std::move(report.warnings);
  return config;
}

}  // namespace gateway::ops
