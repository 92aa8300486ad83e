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

double in_seconds(timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
}

struct Memory {
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

Memory memory() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  file >> pages >> resident;
  auto const page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return {pages * page, resident * page};
}

/// Of /proc/self/stat, from the third field on: the second is a name in brackets
/// that may hold anything. The fields are those of proc(5), counted from 1.
struct Stat {
  double threads = 0;
  double start_ticks = 0;  ///< since the machine was started
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
    if (number == kThreads) stat.threads = std::stod(field);
    if (number == kStart) stat.start_ticks = std::stod(field);
  }
  return stat;
}

/// When the machine was started, in seconds since 1970.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double time = 0;
    if (word == "btime" && file >> time) return time;
  }
  return 0;
}

}  // namespace

void read_process(RareFamilies const& families) {
  auto const cpu = cpu_seconds();
  if (auto const more = cpu - families.process_cpu.Value(); more > 0) families.process_cpu.Increment(more);
  auto const bytes = memory();
  if (bytes.resident_bytes > 0) {  // it could be read
    families.process_memory.Set(bytes.resident_bytes);
    families.process_virtual.Set(bytes.virtual_bytes);
  }
  families.process_fds.Set(static_cast<double>(open_descriptors()));
  families.process_max_fds.Set(static_cast<double>(descriptor_limit()));
  auto const self = stat();
  if (self.threads > 0) families.process_threads.Set(self.threads);
  if (families.process_start.Value() == 0) {
    families.process_start.Set(boot_time() + self.start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
  }
}

}  // namespace gateway::metrics
