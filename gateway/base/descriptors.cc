#include "gateway/base/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace gateway {

std::size_t open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator const entries("/proc/self/fd", error);
  // To look takes a descriptor: when none is left all are open, and 0 would tell the opposite.
  if (error == std::errc::too_many_files_open) return descriptor_limit();
  if (error) return 0;
  // The look itself holds one.
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries))) - 1;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return descriptor_limit();
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  return descriptor_limit();
}

}  // namespace gateway
