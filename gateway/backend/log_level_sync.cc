#include "gateway/backend/log_level_sync.h"

#include <fmt/format.h>

#include <utility>

namespace gateway::backend {

/// logging/setLevel.
class LogLevelSync::SetLevel final : public OwnQuestion {
 public:
  SetLevel(LogLevelSync& sync, mcp::LogLevel level) : sync_(sync), level_(level) {}

  [[nodiscard]] Request request() const override {
    return {.method = "logging/setLevel", .params = fmt::format(R"({{"level":"{}"}})", to_text(level_))};
  }
  void ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const&) override { sync_.on_set(outcome); }

 private:
  LogLevelSync& sync_;
  mcp::LogLevel level_;
};

void LogLevelSync::sync() {
  if (asked_ || !supported_) return;
  auto const wanted = audience_.wanted_log_level();
  if (!wanted || wanted == at_child_) return;
  asked_ = true;
  at_child_ = wanted;
  asker_.ask(std::make_unique<SetLevel>(*this, *wanted));
}

void LogLevelSync::on_set(mcp::Outcome outcome) {
  asked_ = false;
  switch (outcome) {
    case mcp::Outcome::Ok:
    case mcp::Outcome::ToolError:
    case mcp::Outcome::RpcError:
    case mcp::Outcome::MethodNotFound:  // asking again would not help
    case mcp::Outcome::Timeout: return sync();
    case mcp::Outcome::ChildExited:
    case mcp::Outcome::Unavailable:
    case mcp::Outcome::Busy:
    case mcp::Outcome::Forbidden:
    case mcp::Outcome::MissingScope:
    case mcp::Outcome::Limited:
    case mcp::Outcome::Cancelled:
    case mcp::Outcome::Invalid: at_child_.reset(); return;  // it was not sent, or its run is over
  }
}

}  // namespace gateway::backend
