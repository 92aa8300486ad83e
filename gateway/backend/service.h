// One entry of the configuration: an MCP server and the sessions that use it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "gateway/backend/edition.h"

namespace gateway::backend {

/// A service through all its configurations. New sessions are the current edition's; one that was replaced serves those
/// it has until they have moved on or ended. Owned by the Supervisor, at least until its last session has ended.
class Service final : public Mortal, public mcp::ServicePort, private Edition::Owner {
 public:
  class Owner {
   public:
    /// Every child of the service is gone after `stop` or `remove`.
    virtual void on_service_stopped(Service& service) = 0;

   protected:
    ~Owner() = default;
  };

  Service(Context context, ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics, Owner& owner);

  /// Starts shared children, as Edition has it.
  void start() { current_->start(); }
  /// Another configuration holds from now on. Where it does not concern the children, nothing else happens. Otherwise it
  /// holds for new sessions, and its children are started. Sessions of a shared child move to the new one as soon as that
  /// is ready and they have no call in flight. Others end once they have none. After `patience`, those that are left end
  /// with an error for their calls; but where sessions can move, only once the new child has been ready.
  void replace(config::ServiceConfig config, Duration patience);
  /// It is configured no more. Its sessions end as those of a replaced edition do, and `on_service_stopped` follows,
  /// perhaps before this returns.
  void remove(Duration patience);
  /// Ends every child. `on_service_stopped` follows, perhaps before this returns.
  void stop();
  [[nodiscard]] bool stopped() const { return retiring_.empty() && current_->children().empty(); }

  void attach(mcp::Session& session) override { current_->attach(session); }
  void detach(mcp::Session& session, mcp::SessionEnd why) override;
  void take_back(mcp::Session& session, mcp::SessionEnd why) override;
  void receive(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via) override;
  [[nodiscard]] std::string_view key_header() const override { return current_->key_header(); }
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override {
    return current_->refusal(owner);
  }

  [[nodiscard]] Offered offered() const override { return current_->offered(); }

  /// What an operator asks. `patience` as `replace` has it. `tell` is called once, perhaps before this returns.
  void operate(Operation const& operation, Duration patience, TellEnd tell);

  void tick();

  [[nodiscard]] ServiceKey key() const { return key_; }
  /// Of the current edition. Valid until `replace`.
  [[nodiscard]] config::ServiceConfig const& config() const { return current_->config(); }
  [[nodiscard]] health::ServiceHealth health() const;
  [[nodiscard]] std::size_t calls_owed() const;
  /// As Edition has it.
  [[nodiscard]] std::size_t calls_suspended() const;
  /// Of the current edition.
  [[nodiscard]] Children const& children() const { return current_->children(); }

 private:
  /// An edition that was replaced.
  struct Retiring {
    std::unique_ptr<Edition> edition;
    TimePoint until{};  ///< its sessions may stay
  };

  void renew(config::ServiceConfig config, Duration patience);
  void clear_what_is_gone(config::ServiceConfig const& next);
  [[nodiscard]] std::unique_ptr<Edition> make_edition(config::ServiceConfig config);
  [[nodiscard]] Edition* find(EditionId id);
  [[nodiscard]] Retiring& retiring_of(Edition const& edition);
  /// All of them now, for what may end some: one that ended is buried, and lives to the end of the turn.
  [[nodiscard]] std::vector<Edition*> all();
  void look_at_retiring();
  void end_sessions(Edition& edition, Edition::Which which);
  void tell_end(Edition const& edition) const;
  void report();
  void report_resources(TimePoint now);
  void on_edition_stopped(Edition& edition) override;

  Context context_;
  ServiceKey key_;
  metrics::ServiceProbe& metrics_;
  Owner& owner_;
  EditionId last_{};
  std::unique_ptr<Edition> current_;  ///< after `remove` it serves nobody new
  std::vector<Retiring> retiring_;    ///< the oldest first
  TimePoint resources_reported_;
  bool was_available_ = false;
  bool stopping_ = false;
  bool removed_ = false;
  TimePoint removed_until_;
};

}  // namespace gateway::backend
