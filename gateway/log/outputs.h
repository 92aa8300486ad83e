// All outputs of the log.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/log/sink.h"
#include "gateway/log/thread.h"

namespace gateway::log {

/// What gateway.log.outputs says, or stderr alone. Each output has a thread and a queue of its own, so that none delays
/// another.
class LogOutputs final : public LogSink {
 public:
  struct State {
    std::string_view name;  ///< in metrics and in the log: its path, or its kind where it has none
    std::size_t dropped = 0;
    std::string trouble{};  ///< why lines are being dropped; empty while none are
  };

  explicit LogOutputs(config::LogConfig const& config);
  /// Writes what is queued.
  ~LogOutputs();

  /// Whether every file could be opened. The error is a sentence.
  [[nodiscard]] Status opened() const { return opened_; }

  [[nodiscard]] std::vector<Wanted> wanted() const override;
  void write(LogPiece& piece) override;

  /// Opens files anew, after they were moved away. From any thread.
  void reopen();
  /// Of each output. From any thread.
  [[nodiscard]] std::vector<State> states() const;

 private:
  struct Output {
    config::LogOutput config;
    std::string name;
    Form form = Form::Json;
    std::unique_ptr<LogThread> thread{};
  };

  void open(Output& output, std::size_t number);

  std::vector<Output> outputs_;
  Status opened_ = Done{};
};

}  // namespace gateway::log
