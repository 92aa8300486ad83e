#include "gateway/config/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gateway/config/fields.h"

namespace gateway::config {

namespace {

/// Other names of keys of ours, with the same meaning.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSynonyms{{
    {"cmd", "command"},
    {"environment", "env"},
    {"isActive", "enabled"},
    {"working_directory", "cwd"},
    {"workingDirectory", "cwd"},
    {"workdir", "cwd"},
}};

/// Words for a program that is started and speaks on its stdin and stdout.
bool means_stdio(Json const& type) {
  if (!type.is_string()) return false;
  auto const text = lower_case(type.get_ref<std::string const&>());
  return text == "stdio" || text == "local" || text == "command";
}

bool is_text(Json const& entry, std::string_view key) {
  auto const found = entry.find(key);
  return found != entry.end() && found->is_string() && !found->get_ref<std::string const&>().empty();
}

/// `"command": ["npx", "-y", "pkg"]`.
void take_list_apart(Json& entry) {
  auto words = std::move(entry["command"]);
  Json args = Json::array();
  for (std::size_t i = 1; i < words.size(); ++i) args.push_back(std::move(words[i]));
  if (auto const more = entry.find("args"); more != entry.end() && more->is_array()) {
    for (auto& each : *more) args.push_back(std::move(each));
  }
  entry["command"] = std::move(words[0]);
  entry["args"] = std::move(args);
}

/// `"command": {"path": "npx", "args": [...], "env": {...}}`.
void take_object_apart(Json& entry) {
  auto const command = std::move(entry["command"]);
  entry["command"] = command["path"];
  for (auto const* const key : {"args", "env"}) {
    if (command.contains(key) && !entry.contains(key)) entry[key] = command[key];
  }
}

std::vector<std::string_view> our_keys() {
  std::vector<std::string_view> keys;
  for_each_field<ServiceConfig>([&](auto const& field) { keys.push_back(field.key); });
  for (auto const& adopted : kAdoptedKeys) keys.push_back(adopted.key);
  return keys;
}

/// Other programs have switches and groups there; ours are texts, numbers and lists.
bool is_sandbox_of_others(std::string_view key, Json const& value) {
  if (key != "sandbox") return false;
  return value.is_boolean() ||
         (value.is_object() && std::ranges::any_of(value, [](Json const& member) { return member.is_object(); }));
}

}  // namespace

void adopt_foreign(ConfigPlace const& place, Json& entry) {
  for (auto const& [theirs, ours] : kSynonyms) {
    auto const found = entry.find(theirs);
    if (found == entry.end()) continue;
    auto value = std::move(*found);
    entry.erase(found);
    if (entry.contains(ours)) {
      place.member(theirs).warning(fmt::format("Ignored: {} is there too.", ours));
    } else {
      entry[std::string(ours)] = std::move(value);
    }
  }
  auto const command = entry.find("command");
  if (command == entry.end()) return;
  if (command->is_array() && !command->empty()) {
    take_list_apart(entry);
  } else if (command->is_object() && is_text(*command, "path")) {
    take_object_apart(entry);
  }
}

std::string take_remote(Json& entry) {
  std::string type;
  auto says_stdio = false;
  for (auto const* const key : {"type", "transport", "transportType"}) {
    auto const found = entry.find(key);
    if (found == entry.end()) continue;
    if (means_stdio(*found))
      says_stdio = true;
    else if (type.empty() && !found->is_null())
      type = found->is_string() ? found->get<std::string>() : "something else";
    entry.erase(key);
  }
  std::string why;
  for (auto const* const key : {"url", "serverUrl", "httpUrl"}) {
    if (is_text(entry, key) && why.empty()) why = fmt::format("has {}", key);
    // A form that was filled in may have both; then it says which is meant.
    if (says_stdio && is_text(entry, "command")) why.clear();
  }
  if (why.empty() && !type.empty()) why = fmt::format("is of the type '{:.40}'", type);
  for (auto const* const key : {"url", "serverUrl", "httpUrl"}) entry.erase(key);
  if (why.empty()) return {};
  return fmt::format(
      "it {}, so it is a remote server, and mcp-gateway starts programs: let clients connect to it, or put a "
      "program before it, such as \"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"URL\"]",
      why);
}

std::size_t drop_foreign(ConfigPlace const& place, Json& entry) {
  auto const ours = our_keys();
  std::vector<std::string> dropped;
  std::size_t foreign = 0;
  for (auto const& [key, value] : entry.items()) {
    if (is_sandbox_of_others(key, value)) {
      dropped.push_back(key);
      ++foreign;
      place.member(key).warning(
          "Ignored: another program's; ours is an object, or the name of a preset (docs/sandbox.md).");
      continue;
    }
    if (std::ranges::find(ours, key) != ours.end()) continue;
    auto const known = std::ranges::find(kForeignKeys, key, &ForeignKey::key);
    if (known == kForeignKeys.end() && !is_remark(key) && !suggestion(key, ours).empty()) continue;
    dropped.push_back(key);
    if (is_remark(key)) continue;
    ++foreign;
    place.member(key).warning(known == kForeignKeys.end() ? std::string("Ignored: mcp-gateway has no such key.")
                                                          : std::string(known->sentence));
  }
  for (auto const& key : dropped) entry.erase(key);
  return foreign;
}

}  // namespace gateway::config
