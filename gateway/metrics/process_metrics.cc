#include "gateway/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "gateway/base/descriptors.h"

namespace gateway::metrics {

namespace {

std::uint64_t in_nanoseconds(timeval t) {
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_usec) * 1000;
}

std::uint64_t cpu_nanoseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return in_nanoseconds(usage.ru_utime) + in_nanoseconds(usage.ru_stime);
}

struct Memory {
  std::int64_t virtual_bytes = 0;
  std::int64_t resident_bytes = 0;
};

Memory memory() {
  std::ifstream file("/proc/self/statm");
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  file >> pages >> resident;
  auto const page = static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
  return {pages * page, resident * page};
}

/// Of /proc/self/stat, from the third field on: the second is a name in brackets that may contain anything. The fields
/// are those of proc(5), counted from 1.
struct Stat {
  std::int64_t threads = 0;
  std::int64_t start_ticks = 0;  ///< since the machine was started
};

Stat stat() {
  std::ifstream file("/proc/self/stat");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  auto const name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  Stat stat;
  std::string field;
  constexpr int kThreads = 20;
  constexpr int kStart = 22;
  for (int number = 3; number <= kStart && fields >> field; ++number) {
    if (number == kThreads) stat.threads = std::stoll(field);
    if (number == kStart) stat.start_ticks = std::stoll(field);
  }
  return stat;
}

/// When the machine was started, in seconds since 1970.
std::int64_t boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    std::int64_t time = 0;
    if (word == "btime" && file >> time) return time;
  }
  return 0;
}

}  // namespace

void read_process(Families& families) {
  families.process_cpu.at({}).raise_to(cpu_nanoseconds());
  auto const bytes = memory();
  if (bytes.resident_bytes > 0) {  // it could be read
    families.process_memory.at({}).set(bytes.resident_bytes);
    families.process_virtual.at({}).set(bytes.virtual_bytes);
  }
  families.process_fds.at({}).set(static_cast<std::int64_t>(open_descriptors()));
  families.process_max_fds.at({}).set(static_cast<std::int64_t>(descriptor_limit()));
  auto const self = stat();
  if (self.threads > 0) families.process_threads.at({}).set(self.threads);
  if (auto& start = families.process_start.at({}); start.value() == 0) {
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    auto const per_tick = kNanoseconds / static_cast<std::int64_t>(sysconf(_SC_CLK_TCK));
    start.set(boot_time() * kNanoseconds + self.start_ticks * per_tick);
  }
}

}  // namespace gateway::metrics
