#include "gateway/io/process_usage.h"

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/io/proc_scan.h"

namespace gateway::io {

namespace {

/// The number behind the spaces at the front; 0 when there is none.
std::uint64_t number_at(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t memory_of(int process) {
  char buffer[4096];
  constexpr std::string_view kShare = "\nPss:";
  auto const rollup = read_front(process, "smaps_rollup", buffer);
  if (auto const at = rollup.find(kShare); at != std::string_view::npos) {
    return number_at(rollup.substr(at + kShare.size())) * 1024;
  }
  auto const pages = read_front(process, "statm", buffer);
  auto const resident = pages.find(' ');
  if (resident == std::string_view::npos) return 0;
  return number_at(pages.substr(resident)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t descriptors_of(int process) {
  UniqueFd const directory(::openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return 0;
  std::uint64_t count = 0;
  for_each_entry(directory.get(), [&](dirent64 const& entry) {
    if (entry.d_name[0] != '.') ++count;
  });
  return count;
}

Duration from_ticks(std::uint64_t ticks) {
  return Duration(seconds(1)) * static_cast<Duration::rep>(ticks) / ::sysconf(_SC_CLK_TCK);
}

/// From the process's `stat`, whose fields proc(5) counts from 1. The second is a
/// name in brackets that may hold anything, so they are counted from behind it.
std::optional<ProcessUsage> read_stat(int process) {
  constexpr std::size_t kFirst = 3;
  constexpr std::size_t kUser = 14, kSystem = 15, kChildrenUser = 16, kChildrenSystem = 17, kThreads = 20, kStart = 22;
  char buffer[4096];
  auto text = read_front(process, "stat", buffer);
  auto const name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(std::min(name_end + 2, text.size()));
  std::array<std::uint64_t, kStart + 1> fields{};
  for (auto field = kFirst; field <= kStart; ++field) {
    fields[field] = number_at(text);
    auto const space = text.find(' ');
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  ProcessUsage usage;
  usage.start = fields[kStart];
  usage.cpu = from_ticks(fields[kUser] + fields[kSystem]);
  usage.ended_children = from_ticks(fields[kChildrenUser] + fields[kChildrenSystem]);
  usage.threads = fields[kThreads];
  return usage;
}

/// The entry of the environment that begins with `front`.
std::optional<std::string> entry_of(int process, std::string_view front, std::string& environment) {
  UniqueFd const file(::openat(process, "environ", O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;  // gone, or not ours to look at
  environment.assign(1, '\0');     // every entry has a zero before it
  char piece[4096];
  for (ssize_t count = 0; (count = ::read(file.get(), piece, sizeof piece)) > 0;) {
    environment.append(piece, static_cast<std::size_t>(count));
  }
  auto const at = environment.find(std::string(1, '\0').append(front));
  if (at == std::string::npos) return std::nullopt;
  return environment.substr(at + 1, environment.find('\0', at + 1) - at - 1);
}

}  // namespace

std::map<std::string, std::vector<ProcessUsage>, std::less<>> read_marked_usage(std::string_view front) {
  std::map<std::string, std::vector<ProcessUsage>, std::less<>> trees;
  std::string environment;
  for_each_process([&](int process, pid_t pid) {
    auto const entry = entry_of(process, front, environment);
    auto usage = entry ? read_stat(process) : std::nullopt;
    if (!usage) return;
    usage->pid = pid;
    usage->memory = memory_of(process);
    usage->fds = descriptors_of(process);
    trees[*entry].push_back(*usage);
  });
  return trees;
}

Duration TreeCpu::look(std::vector<ProcessUsage> const& now) {
  Duration own{};
  Duration waited_for{};
  std::map<Process, Seen> seen;
  for (auto const& process : now) {
    auto const before = seen_.extract({process.pid, process.start});
    auto const last = before.empty() ? Seen{} : before.mapped();
    own += std::max(process.cpu - last.cpu, Duration{});
    waited_for += std::max(process.ended_children - last.ended_children, Duration{});
    seen[{process.pid, process.start}] = {process.cpu, process.ended_children};
  }
  // What is left was there before and has ended: that much of what its parent
  // waited for is in the sum already.
  Duration known{};
  for (auto const& [process, last] : seen_) known += last.cpu + last.ended_children;
  seen_ = std::move(seen);
  total_ += own + std::max(waited_for - known, Duration{});
  return total_;
}

}  // namespace gateway::io
