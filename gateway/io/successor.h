// Starts the program that is to replace this one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// How this program was started: what starts another one, whose file may be of another version.
struct ProgramStart {
  std::string path;               ///< of its file, absolute
  std::vector<std::string> argv;  ///< with its name
};
/// That of this process, as the system knows it. The error is a sentence.
[[nodiscard]] Result<ProgramStart> own_start();

/// A process that was started, and is watched by its pidfd: its pid may be another's once it has ended.
struct Successor {
  int pid = 0;
  UniqueFd process;
};

/// Starts it in this directory and session, with the descriptors 0, 1 and 2 of this process and `channel`, whose number
/// it finds with `inherited_channel`; `env` are further entries of its environment, NAME=value. The error is a sentence.
[[nodiscard]] Result<Successor> start_successor(ProgramStart const& start, int channel,
                                                std::vector<std::string> const& env);

/// The channel to the process that started this one to replace it; nothing where nobody did. Removes what tells of it
/// from the environment.
[[nodiscard]] std::optional<UniqueFd> inherited_channel();

/// Sends the process a signal, if it is still there.
void signal_process(Successor const& successor, int signal);

}  // namespace gateway::io
