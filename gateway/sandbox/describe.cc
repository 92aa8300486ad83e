#include "gateway/sandbox/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "gateway/sandbox/own_files.h"

namespace gateway::sandbox {

namespace {

/// The kernel's Landlock that keeps signals and abstract sockets inside.
constexpr int kScopes = 6;

std::string paths(Plan const& plan, FileAccess access) {
  auto const of_system = system_files();
  std::vector<std::string_view> found;
  for (auto const& rule : plan.files) {
    if (rule.access == access && std::ranges::find(of_system, rule) == of_system.end()) found.push_back(rule.path);
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

void add_files(Plan const& plan, std::vector<std::string>& texts) {
  if (!plan.files_listed) return void(texts.emplace_back("any file"));
  auto const add = [&](std::string_view what, FileAccess access) {
    if (auto const list = paths(plan, access); !list.empty()) texts.push_back(fmt::format("{} {}", what, list));
  };
  texts.emplace_back("system files");
  add("executes", FileAccess::Execute);
  add("reads", FileAccess::Read);
  add("writes", FileAccess::Write);
}

void add_network(Plan const& plan, std::vector<std::string>& texts) {
  auto const add = [&](std::string_view what, std::optional<std::vector<std::uint16_t>> const& ports) {
    if (!ports) return;
    texts.push_back(ports->empty() ? fmt::format("{} no TCP port", what)
                                   : fmt::format("{} TCP ports {}", what, fmt::join(*ports, ", ")));
  };
  if (plan.network_namespace) texts.emplace_back("no network (a namespace of its own)");
  if (plan.refuse_internet) texts.emplace_back("no network (no internet sockets)");
  add("connects to", plan.connect_ports);
  add("listens on", plan.bind_ports);
  texts.emplace_back(plan.refuse_unix ? "no Unix sockets" : "Unix sockets");
}

void add_limits(Plan const& plan, std::vector<std::string>& texts) {
  auto const add = [&](std::optional<std::uint64_t> limit, std::string_view what) {
    if (limit) texts.push_back(fmt::format("at most {} {}", *limit, what));
  };
  add(plan.limits.open_files, "open files");
  add(plan.group.processes, "processes");
  add(plan.group.memory, "bytes of memory together");
  add(plan.limits.processes, plan.user_namespace ? "processes" : "processes of its user");
  add(plan.limits.file_size, "bytes in a file");
  add(plan.limits.data, "bytes of memory in a process");
  add(plan.limits.cpu_seconds, "s of CPU time in a process");
}

}  // namespace

std::string describe(Plan const& plan) {
  std::vector<std::string> texts;
  if (plan.account) texts.push_back(fmt::format("user {}:{}", plan.account->uid, plan.account->gid));
  add_files(plan, texts);
  add_network(plan, texts);
  if (plan.landlock >= kScopes) texts.emplace_back("signals only to its own processes");
  if (plan.allow_namespaces) texts.emplace_back("may create namespaces");
  add_limits(plan, texts);
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace gateway::sandbox
