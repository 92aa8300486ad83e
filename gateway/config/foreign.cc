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
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSynonyms{{
    {"cmd", "command"},
    {"environment", "env"},
    {"http_headers", "headers"},
    {"static_headers", "headers"},
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

/// The transport that a word means; empty for other words. A server that is called remote may have either.
std::string_view transport_word(Json const& type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kWords{{{"auto", "auto"},
                                                                                 {"remote", "auto"},
                                                                                 {"http", "http"},
                                                                                 {"streamable", "http"},
                                                                                 {"streamable-http", "http"},
                                                                                 {"streamable_http", "http"},
                                                                                 {"streamablehttp", "http"},
                                                                                 {"sse", "sse"}}};
  if (!type.is_string()) return {};
  auto const text = lower_case(type.get_ref<std::string const&>());
  for (auto const& [theirs, ours] : kWords)
    if (text == theirs) return ours;
  return {};
}

struct SaidType {
  bool is_stdio = false;
  std::string transport{};  ///< ours; empty where none is said
  std::string unknown{};    ///< any other word
};

SaidType take_type(Json& entry) {
  SaidType said;
  for (auto const* const key : {"type", "transport", "transportType"}) {
    auto const found = entry.find(key);
    if (found == entry.end()) continue;
    auto const value = std::move(*found);
    entry.erase(found);
    if (value.is_null()) continue;
    auto const word = transport_word(value);
    said.is_stdio = said.is_stdio || means_stdio(value);
    if (!word.empty() && said.transport.empty()) said.transport = word;
    if (word.empty() && !means_stdio(value))
      said.unknown = value.is_string() ? value.get<std::string>() : "something else";
  }
  return said;
}

/// Under any of the names for it. One of them says what is spoken there.
std::string take_url(Json& entry, std::string& transport) {
  std::string url;
  for (auto const* const key : {"url", "serverUrl", "httpUrl"}) {
    if (url.empty() && is_text(entry, key)) {
      url = entry[key].get<std::string>();
      if (key == std::string_view("httpUrl") && transport.empty()) transport = "http";
    }
    entry.erase(key);
  }
  return url;
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
  auto said = take_type(entry);
  auto const url = take_url(entry, said.transport);
  // A form that was filled in may have both; then it says which is meant.
  if (said.is_stdio && is_text(entry, "command")) return {};
  if (!said.unknown.empty())
    return fmt::format("it is of the type '{:.40}', which mcp-gateway does not serve", said.unknown);
  if (url.empty()) {
    if (said.transport.empty() || said.transport == "auto") return {};
    return fmt::format("it is of the type '{}', and has no url", said.transport);
  }
  entry["url"] = url;
  if (!said.transport.empty() && said.transport != "auto") entry["transport"] = said.transport;
  return {};
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
