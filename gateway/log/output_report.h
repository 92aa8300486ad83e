// What the log says about its own outputs.
#pragma once

#include <cstddef>
#include <vector>

#include "gateway/log/log.h"
#include "gateway/log/outputs.h"

namespace gateway::log {

/// Logs that an output loses lines or cannot rotate its file, if another one works, and once it works again, how many
/// lines were lost.
class OutputReport {
 public:
  /// To be called about once a second.
  void look(std::vector<LogOutputs::State> const& states, Log& log);

 private:
  struct Known {
    bool is_failing = false;
    std::size_t dropped = 0;  ///< when it worked last
  };

  std::vector<Known> known_;  ///< by output
};

}  // namespace gateway::log
