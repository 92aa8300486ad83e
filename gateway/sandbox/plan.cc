#include "gateway/sandbox/plan.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

namespace gateway::sandbox {

namespace {

constexpr std::array<std::pair<std::string_view, bool Plan::*>, 7> kSwitches{{
    {"user-namespace", &Plan::user_namespace},
    {"network-namespace", &Plan::network_namespace},
    {"files-listed", &Plan::files_listed},
    {"refuse-internet", &Plan::refuse_internet},
    {"refuse-unix", &Plan::refuse_unix},
    {"refuse-truncate", &Plan::refuse_truncate},
    {"allow-namespaces", &Plan::allow_namespaces},
}};

using Limit = std::optional<std::uint64_t> ResourceLimits::*;
constexpr std::array<std::pair<std::string_view, Limit>, 5> kLimits{{
    {"open-files", &ResourceLimits::open_files},
    {"processes", &ResourceLimits::processes},
    {"file-size", &ResourceLimits::file_size},
    {"data", &ResourceLimits::data},
    {"cpu-seconds", &ResourceLimits::cpu_seconds},
}};

using Ports = std::optional<std::vector<std::uint16_t>> Plan::*;
constexpr std::array<std::pair<std::string_view, Ports>, 2> kPorts{{
    {"connect", &Plan::connect_ports},
    {"bind", &Plan::bind_ports},
}};

constexpr std::array<std::pair<std::string_view, std::pair<FileAccess, bool>>, 6> kFileRules{{
    {"read", {FileAccess::Read, true}},
    {"execute", {FileAccess::Execute, true}},
    {"write", {FileAccess::Write, true}},
    {"read-if-there", {FileAccess::Read, false}},
    {"execute-if-there", {FileAccess::Execute, false}},
    {"write-if-there", {FileAccess::Write, false}},
}};

template <typename Number>
bool read_number(std::string_view text, Number& into) {
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end && !text.empty();
}

bool read_account(std::string_view text, Plan& plan) {
  auto const colon = text.find(':');
  Account account;
  if (colon == text.npos || !read_number(text.substr(0, colon), account.uid) ||
      !read_number(text.substr(colon + 1), account.gid))
    return false;
  plan.account = account;
  return true;
}

bool read_ports(std::string_view text, std::optional<std::vector<std::uint16_t>>& into) {
  into.emplace();
  if (text.empty()) return true;
  for (;;) {
    auto const comma = text.find(',');
    if (!read_number(text.substr(0, comma), into->emplace_back())) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool read_word(std::string_view word, Plan& plan) {
  auto const equals = word.find('=');
  auto const key = word.substr(0, equals);
  if (equals == word.npos) {
    for (auto const& [name, member] : kSwitches)
      if (name == key) return plan.*member = true;
    return false;
  }
  auto const value = word.substr(equals + 1);
  for (auto const& [name, rule] : kFileRules) {
    if (name != key) continue;
    plan.files.push_back({rule.first, std::string(value), rule.second});
    return true;
  }
  for (auto const& [name, member] : kLimits)
    if (name == key) return read_number(value, (plan.limits.*member).emplace());
  for (auto const& [name, member] : kPorts)
    if (name == key) return read_ports(value, plan.*member);
  if (key == "group-memory") return read_number(value, plan.group.memory.emplace());
  if (key == "group-processes") return read_number(value, plan.group.processes.emplace());
  if (key == "groups") return !(plan.groups = value).empty();
  if (key == "core") return read_number(value, plan.limits.core);
  if (key == "landlock") return read_number(value, plan.landlock);
  if (key == "account") return read_account(value, plan);
  return false;
}

}  // namespace

std::vector<std::string> to_words(Plan const& plan) {
  std::vector<std::string> words;
  if (!plan.groups.empty()) words.push_back("groups=" + plan.groups);
  if (plan.group.memory) words.push_back(fmt::format("group-memory={}", *plan.group.memory));
  if (plan.group.processes) words.push_back(fmt::format("group-processes={}", *plan.group.processes));
  if (plan.account) words.push_back(fmt::format("account={}:{}", plan.account->uid, plan.account->gid));
  words.push_back(fmt::format("landlock={}", plan.landlock));
  for (auto const& [name, member] : kSwitches)
    if (plan.*member) words.emplace_back(name);
  for (auto const& [name, member] : kLimits)
    if (auto const limit = plan.limits.*member) words.push_back(fmt::format("{}={}", name, *limit));
  words.push_back(fmt::format("core={}", plan.limits.core));
  for (auto const& [name, member] : kPorts)
    if (auto const& ports = plan.*member) words.push_back(fmt::format("{}={}", name, fmt::join(*ports, ",")));
  for (auto const& file : plan.files) {
    for (auto const& [name, rule] : kFileRules)
      if (rule == std::pair{file.access, file.must_exist}) words.push_back(fmt::format("{}={}", name, file.path));
  }
  return words;
}

Result<Plan> from_words(std::vector<std::string> const& words) {
  Plan plan;
  for (auto const& word : words)
    if (!read_word(word, plan)) return Error{fmt::format("'{}' is not understood", word)};
  return plan;
}

}  // namespace gateway::sandbox
