#include "gateway/imports/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/config/foreign.h"
#include "gateway/config/values.h"

namespace gateway::imports {

namespace {

using config::ConfigPlace;

/// A key of others whose number is a time of ours.
struct TimeKey {
  std::string_view theirs;
  std::string_view ours;
  int milliseconds_each;
};

constexpr std::array<TimeKey, 5> kTimes{{
    {"timeout", "call_timeout", 1000},
    {"tool_timeout_sec", "call_timeout", 1000},
    {"startup_timeout_sec", "start_timeout", 1000},
    {"startup_timeout_ms", "start_timeout", 1},
    {"idleTimeoutMs", "idle_stop", 1},
}};

/// `timeout` is in seconds, or in milliseconds where nobody can mean seconds, as when the file is run as it is.
milliseconds time_of(TimeKey const& key, double number) {
  constexpr double kMostSeconds = 3600;
  constexpr double kMost = 24.0 * 3600 * 1000;
  auto const each = key.theirs == "timeout" && number > kMostSeconds ? 1.0 : key.milliseconds_each;
  return milliseconds{static_cast<milliseconds::rep>(std::min(std::ceil(number * each), kMost))};
}

void take_times(ConfigPlace const& place, Json& entry) {
  for (auto const& key : kTimes) {
    auto const found = entry.find(key.theirs);
    if (found == entry.end() || !found->is_number()) continue;
    auto const number = found->get<double>();
    entry.erase(key.theirs);
    if (entry.contains(key.ours)) {
      place.member(key.theirs).warning(fmt::format("Not taken: {} is there too.", key.ours));
    } else if (number > 0) {
      auto const time = time_of(key, number);
      entry[std::string(key.ours)] = config::duration_text(time);
      if (key.ours == "call_timeout" && time > config::ServiceConfig{}.call_timeout_max)
        entry["call_timeout_max"] = config::duration_text(time);
    }
  }
}

/// Our `disabled`, from whichever word says it.
void take_switch(Json& entry) {
  auto const is = [&](std::string_view key, bool value) {
    auto const found = entry.find(key);
    return found != entry.end() && *found == value;
  };
  auto const off = is("disabled", true) || is("enabled", false);
  if (is("enabled", true) || is("enabled", false)) entry.erase("enabled");
  entry.erase("disabled");
  if (off) entry["disabled"] = true;
}

/// Variables that are passed on by name; Codex's word.
void take_passed_variables(Json& entry) {
  auto const found = entry.find("env_vars");
  if (found == entry.end() || !found->is_array() || entry.contains("pass_env")) return;
  if (!std::ranges::all_of(*found, [](Json const& name) { return name.is_string(); })) return;
  auto names = std::move(*found);
  entry.erase("env_vars");
  entry["pass_env"] = std::move(names);
}

/// LiteLLM's words for the headers that a remote server wants.
void take_credentials(ConfigPlace const& place, Json& entry) {
  auto const text = [&](std::string_view key) {
    auto const found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  auto const type = text("auth_type");
  auto const value = text("auth_value").empty() ? text("authentication_token") : text("auth_value");
  if (type.empty() || value.empty()) return;
  auto const header = [&]() -> std::pair<std::string, std::string> {
    if (type == "bearer_token") return {"Authorization", "Bearer " + value};
    if (type == "authorization") return {"Authorization", value};
    return {type == "api_key" ? "X-API-Key" : "", value};
  }();
  if (header.first.empty()) return place.member("auth_type").warning("Not taken: write headers.");
  entry["headers"][header.first] = header.second;
  for (auto const* const key : {"auth_type", "auth_value", "authentication_token"}) entry.erase(key);
}

/// Numbers and the like where a program gets texts. A variable that is null is one to leave out.
void make_texts(ConfigPlace const& place, Json& entry) {
  auto const as_text = [](Json& value) {
    if (value.is_number() || value.is_boolean()) value = value.dump();
  };
  if (auto const args = entry.find("args"); args != entry.end() && args->is_array())
    std::ranges::for_each(*args, as_text);
  auto const env = entry.find("env");
  if (env == entry.end() || !env->is_object()) return;
  std::vector<std::string> unset;
  for (auto const& [name, value] : env->items()) {
    if (value.is_null()) unset.push_back(name);
  }
  for (auto const& name : unset) {
    place.member("env").member(name).warning("Not taken: a child gets no variable that is not listed.");
    env->erase(name);
  }
  std::ranges::for_each(*env, as_text);
}

/// A secret that stood in the file is copied, since the server needs it, and not without a word.
void note_secrets(ConfigPlace const& place, Json const& entry, std::string const& key) {
  auto const env = entry.find(key);
  if (env == entry.end() || !env->is_object()) return;
  for (auto const& [name, value] : env->items()) {
    auto const is_literal = value.is_string() && !value.get_ref<std::string const&>().empty() &&
                            value.get_ref<std::string const&>().find("${") == std::string::npos;
    if (is_literal && sounds_secret(name))
      place.member(key).member(name).warning(
          fmt::format("Copied as it stands; \"${{{}}}\" would keep it out of the file.", variable_name(name)));
  }
}

/// As people read it: what is started first.
Json in_our_order(Json entry) {
  Json ordered = Json::object();
  for (auto const* const key : {"command", "args", "url", "transport", "headers", "env", "cwd"}) {
    auto const found = entry.find(key);
    if (found == entry.end()) continue;
    auto const is_empty = key != std::string_view("command") && (found->empty() || *found == "");
    if (!is_empty) ordered[key] = std::move(*found);
    entry.erase(key);
  }
  for (auto& [key, value] : entry.items()) ordered[key] = std::move(value);
  return ordered;
}

bool has_text(Json const& entry, std::string_view key) {
  auto const found = entry.find(key);
  return found != entry.end() && found->is_string() && !found->get_ref<std::string const&>().empty();
}

}  // namespace

std::optional<Json> import_entry(std::string const& path, Json entry, References& references, Remarks& remarks) {
  config::ConfigReport report;
  ConfigPlace const place{report, path};
  if (!entry.is_object()) {
    remarks.push_back({path, "Left out: expected an object with a command or a url"});
    return std::nullopt;
  }
  adopt_foreign(place, entry);
  take_switch(entry);
  if (auto const why = config::take_remote(entry); !why.empty()) {
    remarks.push_back({path, "Left out: " + why});
    return std::nullopt;
  }
  for (auto const* const key : {"auth_value", "authentication_token"})
    if (entry.contains(key)) references.rewrite(place.member(key).path(), entry[key]);
  take_credentials(place, entry);
  take_times(place, entry);
  take_passed_variables(entry);
  (void)config::drop_foreign(place, entry);
  make_texts(place, entry);
  references.rewrite(path, entry);
  note_secrets(place, entry, "env");
  note_secrets(place, entry, "headers");
  for (auto const& warning : report.warnings) remarks.push_back({warning.path, warning.what});
  if (has_text(entry, "url")) {
    for (auto const* const key : {"command", "args"}) entry.erase(key);
  }
  if (has_text(entry, "command") || has_text(entry, "url")) return in_our_order(std::move(entry));
  remarks.push_back({path, "Left out: it has neither a command nor a url"});
  return std::nullopt;
}

bool sounds_secret(std::string name) {
  constexpr std::array<std::string_view, 7> kWords{"token",  "secret",  "password",     "api_key",
                                                   "apikey", "api-key", "authorization"};
  name = config::lower_case(name);
  return std::ranges::any_of(kWords, [&](auto word) { return name.find(word) != name.npos; });
}

std::string import_name(std::string const& path, std::string const& name, Remarks& remarks) {
  auto ours = config::as_service_name(name);
  if (ours.empty()) {
    remarks.push_back({path, "Left out: nothing of its name can be in a path"});
  } else if (!config::check_service_name(ours)) {
    ours += "-server";  // one of the gateway's own paths
  }
  if (!ours.empty() && ours != name)
    remarks.push_back({path, fmt::format("Called '{}', which can be in a path", ours)});
  return ours;
}

}  // namespace gateway::imports
