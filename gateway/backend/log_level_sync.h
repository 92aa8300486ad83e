// Sets a child to the log level that its sessions want.
#pragma once

#include <memory>
#include <optional>

#include "gateway/backend/audience.h"
#include "gateway/backend/own_question.h"
#include "gateway/mcp/log_level.h"

namespace gateway::backend {

/// The child logs at the most verbose level any session wants; what the others do not want is
/// filtered on its way to them. It is asked once at a time: clients, who are answered here, may
/// change their minds more often than it listens.
class LogLevelSync {
 public:
  /// References outlive it.
  LogLevelSync(Audience& audience, Asker& asker) : audience_(audience), asker_(asker) {}

  /// The child was started, and knows no level yet.
  void begin_run() {
    supported_ = asked_ = false;
    at_child_.reset();
  }
  /// The child said whether it can be set.
  void child_is_ready(bool supported) {
    supported_ = supported;
    sync();
  }
  /// A session wants another level, or no longer does.
  void sync();

 private:
  class SetLevel;
  void on_set(mcp::Outcome outcome);

  Audience& audience_;
  Asker& asker_;
  bool supported_ = false;
  bool asked_ = false;  ///< and not answered
  std::optional<mcp::LogLevel> at_child_;
};

}  // namespace gateway::backend
