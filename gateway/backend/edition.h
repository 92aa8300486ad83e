// A service as one configuration of it describes it: its children, and the sessions that use them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/backend/children.h"
#include "gateway/backend/operation.h"
#include "gateway/backend/placement.h"
#include "gateway/base/turn.h"
#include "gateway/health/health.h"

namespace gateway::backend {

/// Gives each session its child, as the Placement says, and passes on what goes to it. Owned by the Service, at least
/// until its last session has ended or moved on to another edition.
class Edition final : public Mortal, private Multiplexer::Owner {
 public:
  class Owner {
   public:
    /// Every child of the edition is gone after `stop`.
    virtual void on_edition_stopped(Edition& edition) = 0;

   protected:
    ~Owner() = default;
  };

  Edition(Context context, EditionId id, config::ServiceConfig config, metrics::ServiceProbe& metrics, Owner& owner);
  ~Edition() override;

  /// Starts shared children; others start with their sessions. One that lacks what
  /// it needs starts nothing.
  void start();
  /// Ends every child. `on_edition_stopped` follows, perhaps before this returns.
  void stop();

  // What mcp::ServicePort says of a service.
  void attach(mcp::Session& session);
  void detach(mcp::Session& session, mcp::SessionEnd why);
  void take_back(mcp::Session& session, mcp::SessionEnd why);
  void receive(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  [[nodiscard]] std::string_view key_header() const;
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const;

  // ── when another edition replaces it ──

  /// Another edition was drained by an operator, or not: this one is as well.
  void be_drained_as(Edition const& other) { drained_ = other.drained_; }
  /// What of a configuration can be changed while children run is taken over: see `needs_another_edition`.
  void adjust(config::ServiceConfig const& config);
  /// No session is opened here any more. Clients that listen for changes are told that this is over: they listen anew.
  void retire();
  /// Whether its sessions have nothing of their own at its children, so that another edition can go on with them.
  [[nodiscard]] bool has_no_state_of_sessions() const { return config_.isolation == config::Isolation::Shared; }
  /// Whether a child could answer now.
  [[nodiscard]] bool is_ready() const;
  /// Whether one ever could.
  [[nodiscard]] bool has_been_ready() const { return has_been_ready_; }
  /// Has the next edition go on with each session that can be moved now: all that it has open waits, and was not sent.
  void hand_on_to(Edition& next);
  /// Takes over a session that began with a request which answers what one of this edition's children asked, if that is
  /// still there.
  void take_back_to(ChildId child, mcp::Session& session, Edition& from);
  /// Sessions that owe nothing, or all.
  enum class Which { Idle, All };
  [[nodiscard]] std::vector<SessionId> sessions(Which which);
  [[nodiscard]] bool is_stopping() const { return stopping_; }
  /// A session of a retired edition is ended.
  void count_ended() { ++ended_; }
  /// Of its sessions, how many moved on, and how many were ended.
  [[nodiscard]] std::size_t moved() const { return moved_; }
  [[nodiscard]] std::size_t ended() const { return ended_; }
  /// Whether nobody will ask for anything here any more.
  [[nodiscard]] bool is_unused() const;

  /// As the service has it.
  [[nodiscard]] mcp::ServicePort::Offered offered() const;

  /// What an operator asks. `tell` is called once, perhaps before this returns.
  void operate(Operation const& operation, TellEnd tell);

  void tick();

  [[nodiscard]] EditionId id() const { return id_; }
  [[nodiscard]] config::ServiceConfig const& config() const { return config_; }
  [[nodiscard]] bool available() const { return config_.available(); }
  [[nodiscard]] std::size_t session_count() const { return sessions_; }
  /// Without what is the service's as a whole.
  [[nodiscard]] health::ServiceHealth health() const;
  /// How its circuits are is told to the metrics; or, once it has ended, that there are none.
  void show_circuits();
  [[nodiscard]] std::size_t calls_owed() const;
  /// That wait for their clients, which have to come back with another request.
  [[nodiscard]] std::size_t calls_suspended() const;
  [[nodiscard]] Children const& children() const { return children_; }
  /// What all its children take; what they used of the CPU since this was asked last is counted.
  struct Resources {
    metrics::ChildResources used;
    TimePoint heard{};  ///< when one of them wrote last; 0 where none did
  };
  [[nodiscard]] Resources resources();

 private:
  [[nodiscard]] bool place_request(mcp::Session& session, mcp::ClientMessage const& message);
  void move_to(Multiplexer& other, mcp::Session& session, Multiplexer& from);
  void on_multiplexer_ready(Multiplexer& multiplexer) override;
  void on_multiplexer_down(Multiplexer& multiplexer) override;
  void on_list_changed(Multiplexer const& multiplexer, mcp::Method method) override;
  void on_multiplexer_stopped(Multiplexer& multiplexer) override;
  void take_over(mcp::Session& session, Edition& from, Multiplexer& child);
  [[nodiscard]] bool goes_on_for_clients() const;
  void refresh_pins(TimePoint now);
  [[nodiscard]] OperationEnd restart(Restart const& wanted);
  [[nodiscard]] OperationEnd drain(Drain const& wanted);
  [[nodiscard]] OperationEnd tools() const;
  void call_tool(CallTool const& wanted, TellEnd tell);
  [[nodiscard]] OperationEnd reset_circuits();

  Context context_;
  EditionId id_;
  config::ServiceConfig config_;
  metrics::ServiceProbe& metrics_;
  Owner& owner_;
  std::optional<Circuits> circuits_;  ///< absent where the service has no circuit breaker
  std::optional<ToolPins> pins_;      ///< absent where its tools are not pinned
  TimePoint pins_read_;
  Children children_;
  std::unique_ptr<Placement> placement_;  ///< null while the service is unavailable
  std::size_t sessions_ = 0;
  std::size_t moved_ = 0;
  std::size_t ended_ = 0;
  bool has_been_ready_ = false;
  bool retired_ = false;
  bool stopping_ = false;
  bool drained_ = false;  ///< by an operator: no new sessions
};

/// Whether a configuration differs from another in more than what `Edition::adjust` takes over.
[[nodiscard]] bool needs_another_edition(config::ServiceConfig before, config::ServiceConfig const& after);

}  // namespace gateway::backend
