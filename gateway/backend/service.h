// One entry of the configuration: an MCP server and the sessions that use it.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "gateway/backend/multiplexer.h"
#include "gateway/ops/health.h"

namespace gateway::backend {

/// Gives each session its child: the one all share, or one of its own. Owned by
/// the Supervisor for the life of the configuration.
class Service final : public mcp::ServicePort, public Multiplexer::Owner {
 public:
  class Owner {
   public:
    /// Every child of the service is gone after `stop`.
    virtual void on_service_stopped() = 0;

   protected:
    ~Owner() = default;
  };

  Service(Surroundings around, ops::ServiceConfig const& config, ops::ServiceProbe& probe, Owner& owner);

  /// Starts a shared child; those of single sessions start with them.
  void start();
  /// Ends every child. `on_service_stopped` follows, perhaps before this returns.
  void stop();
  [[nodiscard]] bool stopped() const { return children_.empty(); }

  void attach(mcp::Session& session) override;
  void detach(mcp::Session& session, mcp::SessionEnd why) override;
  void receive(mcp::Session& session, rpc::Message const& message, mcp::ReplyTo to) override;
  [[nodiscard]] std::string_view key_header() const override { return {}; }
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override;

  void tick();

  [[nodiscard]] ops::ServiceConfig const& config() const { return config_; }
  [[nodiscard]] ops::ServiceHealth health() const;
  [[nodiscard]] std::size_t calls_owed() const;
  /// Only while it is not stopped, and neither unavailable nor one of single sessions.
  [[nodiscard]] Multiplexer const& shared_child() const { return *children_.at(kShared); }

 private:
  void on_multiplexer_stopped(Multiplexer& multiplexer) override;
  [[nodiscard]] Multiplexer* child_of(mcp::Session const& session);

  void report_probes();
  [[nodiscard]] bool unavailable() const { return !config_.unmet.empty(); }

  /// A shared child stands under no session.
  static constexpr SessionId kShared{};

  Surroundings around_;
  ops::ServiceConfig const& config_;
  ops::ServiceProbe& probe_;
  Owner& owner_;
  std::unordered_map<SessionId, std::unique_ptr<Multiplexer>> children_;
  std::size_t sessions_ = 0;
  bool stopping_ = false;
};

}  // namespace gateway::backend
