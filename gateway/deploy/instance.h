// The gateway that runs for a profile: started apart from whoever started it, found again, ended.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/deploy/state_folder.h"

namespace gateway::deploy {

/// A process that runs a release. It is known by its command line, which names the release's configuration, so no crash of
/// ours can lose one: there is no moment at which it runs and is not written down.
struct Instance {
  int pid = 0;
  unsigned release = 0;
};
[[nodiscard]] std::vector<Instance> instances_of(StateFolder const& state, std::string const& profile);

/// How an instance is started.
struct Start {
  std::string program;  ///< the file to run
  std::string config;   ///< the release's configuration
  std::string folder;   ///< where
  std::string log;      ///< what it writes is added to this file
};
/// Starts it in a session of its own, without this terminal. Gives its process id.
[[nodiscard]] Result<int> start_instance(Start const& start);

/// Whether a process we started has ended, and if so how, in words; it is forgotten then.
[[nodiscard]] std::string how_it_ended(int pid);

enum class End { Gone, Killed, Stays };
/// Asks it to stop, waits for its end, and kills it when `patience` is over.
[[nodiscard]] End end_instance(int pid, std::chrono::milliseconds patience);

/// Whether anybody listens there.
[[nodiscard]] bool is_taken(std::string const& host, std::uint16_t port);

}  // namespace gateway::deploy
