// Whether a process that is perhaps not our child still runs.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

namespace gateway::fakes {

/// False for one that does not exist and for a zombie.
inline bool is_running(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string const text((std::istreambuf_iterator<char>(stat)), {});
  auto const name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return false;
  auto const state = text[name_end + 2];
  return state != 'Z' && state != 'X';
}

}  // namespace gateway::fakes
