// How a child and the gateway get to know each other, at the beginning of each of its runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/call_book.h"
#include "gateway/backend/context.h"
#include "gateway/backend/greeting.h"
#include "gateway/mcp/era_probe.h"
#include "gateway/mcp/handshake.h"

namespace gateway::backend {

/// What the children of a service have shown so far, so that only the first of them is probed. A way that fails is
/// forgotten.
struct EraMemory {
  std::optional<mcp::Era> era;
};

/// What is known of the era of a service's children before they have introduced themselves.
[[nodiscard]] mcp::KnownEra known_era(config::ServiceConfig const& config, EraMemory const& memory);

/// Asks a child what it is, in the era that is configured, remembered or found out.
class Introduction final : private Greeting::Owner {
 public:
  class Owner {
   public:
    virtual void on_greeted(mcp::Handshake handshake) = 0;
    /// The child cannot be used.
    virtual void on_greeting_failed(std::string_view why) = 0;

   protected:
    ~Owner() = default;
  };

  /// References outlive it.
  Introduction(Context const& context, config::ServiceConfig const& config, CallBook& book, mcp::Sharing sharing,
               EraMemory& memory, Owner& owner)
      : context_(context), config_(config), book_(book), sharing_(sharing), memory_(memory), owner_(owner) {}

  /// The child was started. `initialize_params` are for one of a revision with sessions.
  void begin_run(std::string initialize_params);
  /// The run is over. Gives whether that was because of what the child was asked: its next run will be asked
  /// otherwise, and may begin at once.
  [[nodiscard]] bool ended(RunEnd end);

  void tick(TimePoint now);

 private:
  void on_greeting_ended(mcp::Method method, mcp::Outcome outcome, rpc::Reply const& reply) override;
  [[nodiscard]] mcp::EraAnswer read_discovery(mcp::Outcome outcome, rpc::Reply const& reply);
  [[nodiscard]] mcp::EraAnswer read_initialize(mcp::Outcome outcome, rpc::Reply const& reply);
  [[nodiscard]] mcp::KnownEra known() const { return known_era(config_, memory_); }
  void take(mcp::EraStep step);
  [[nodiscard]] std::string with_version(std::string_view raw_result) const;
  void introduce(std::optional<mcp::Handshake>& handshake);
  void ask(mcp::Method method, std::string params);

  Context const& context_;
  config::ServiceConfig const& config_;
  CallBook& book_;
  mcp::Sharing sharing_;
  EraMemory& memory_;
  Owner& owner_;
  std::optional<mcp::EraProbe> probe_;  ///< null once it is known what the child is
  std::string initialize_params_;
  std::optional<mcp::Handshake> discovered_;
  std::optional<mcp::Handshake> initialized_;
  std::string failure_;  ///< what the last answer that was no good said
  TimePoint begun_;
};

}  // namespace gateway::backend
