// One entry of the configuration: an MCP server and the sessions that use it.
#pragma once

#include <memory>
#include <optional>

#include "gateway/backend/children.h"
#include "gateway/backend/operation.h"
#include "gateway/backend/placement.h"
#include "gateway/health/health.h"

namespace gateway::backend {

/// Gives each session its child, as the Placement says, and passes on what goes to
/// it. Owned by the Supervisor, at least until its last session has ended.
class Service final : public mcp::ServicePort, private Multiplexer::Owner {
 public:
  class Owner {
   public:
    /// Every child of the service is gone after `stop`.
    virtual void on_service_stopped() = 0;

   protected:
    ~Owner() = default;
  };

  Service(Context context, ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics, Owner& owner);

  /// Starts shared children; others start with their sessions. One that lacks what
  /// it needs starts nothing.
  void start();
  /// Ends every child. `on_service_stopped` follows, perhaps before this returns.
  void stop();
  [[nodiscard]] bool stopped() const { return children_.empty(); }

  void attach(mcp::Session& session) override;
  void detach(mcp::Session& session, mcp::SessionEnd why) override;
  void take_back(mcp::Session& session, mcp::SessionEnd why) override;
  void receive(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via) override;
  [[nodiscard]] std::string_view key_header() const override;
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override;

  /// What an operator asks. `tell` is called once, perhaps before this returns.
  void operate(Operation const& operation, TellEnd tell);

  void tick();

  [[nodiscard]] ServiceKey key() const { return key_; }
  [[nodiscard]] health::ServiceHealth health() const;
  [[nodiscard]] std::size_t calls_owed() const;
  [[nodiscard]] Children const& children() const { return children_; }

 private:
  [[nodiscard]] bool place_request(mcp::Session& session, mcp::ClientMessage const& message);
  void move_to(Multiplexer& other, mcp::Session& session, Multiplexer& from);
  void on_multiplexer_ready(Multiplexer& multiplexer) override;
  void on_multiplexer_down(Multiplexer& multiplexer) override;
  void on_list_changed(Multiplexer const& multiplexer, mcp::Method method) override;
  void on_multiplexer_stopped(Multiplexer& multiplexer) override;
  [[nodiscard]] bool goes_on_for_clients() const;
  [[nodiscard]] bool available() const { return config_.available(); }
  void report();
  void report_resources(TimePoint now);
  void refresh_pins(TimePoint now);
  [[nodiscard]] OperationEnd restart(Restart const& wanted);
  [[nodiscard]] OperationEnd drain(Drain const& wanted);
  [[nodiscard]] OperationEnd tools() const;
  void call_tool(CallTool const& wanted, TellEnd tell);
  [[nodiscard]] OperationEnd reset_circuits();

  Context context_;
  ServiceKey key_;
  config::ServiceConfig const config_;
  metrics::ServiceProbe& metrics_;
  Owner& owner_;
  std::optional<Circuits> circuits_;  ///< absent where the service has no circuit breaker
  std::optional<ToolPins> pins_;      ///< absent where its tools are not pinned
  TimePoint pins_read_;
  Children children_;
  std::unique_ptr<Placement> placement_;  ///< null while the service is unavailable
  std::size_t sessions_ = 0;
  TimePoint resources_reported_;
  bool stopping_ = false;
  bool drained_ = false;  ///< by an operator: no new sessions
};

}  // namespace gateway::backend
