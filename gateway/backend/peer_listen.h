// What the gateway listens to at a peer of the stateless revision.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/backend/context.h"
#include "gateway/backend/wire.h"
#include "gateway/base/turn.h"
#include "gateway/mcp/listen.h"
#include "gateway/mcp/ports.h"
#include "gateway/rpc/json_writer.h"
#include "gateway/rpc/message.h"

namespace gateway::backend {

/// Keeps one `subscriptions/listen` open, for all changes of lists that the peer reports and for the resources that
/// somebody is subscribed to. Where those change, another is opened, and the former one ends once the peer has
/// acknowledged the new one, so that nothing is missed between them. One that the peer ends is opened again.
///
/// A listen is no call: it has no place among those the peer owes, and is not ended by time. Its id is a string, which
/// no call has. (MCP 2026-07-28, Subscriptions.)
class PeerListen final : private Deferred {
 public:
  class Owner {
   public:
    /// The peer listens for a resource that was added, or does not: `outcome` and `reply` are as those of a request.
    virtual void on_listening(std::string const& uri, mcp::Outcome outcome, rpc::Reply const& reply) = 0;
    /// It listens again, after a time in which changes may have been missed.
    virtual void on_listening_again() = 0;

   protected:
    ~Owner() = default;
  };

  /// References outlive it.
  PeerListen(Context const& context, config::ServiceConfig const& config, Wire& wire, Owner& owner)
      : context_(context), config_(config), wire_(wire), owner_(owner) {}
  ~PeerListen() override { context_.loop.forget(*this); }

  /// The peer is ready, and reports changes of these lists.
  void begin_run(mcp::ListenFilter lists);
  void end_run(std::string_view why);

  /// A resource, as a raw URI. `on_listening` follows, perhaps before this returns.
  void add(std::string uri);
  void remove(std::string const& uri);

  // ── from the peer ──
  /// Whether it is the answer to a listen.
  bool answered(rpc::Message const& message);
  void acknowledged(std::string_view raw_params);
  /// The peer ends the listen of that raw id.
  void cancelled(std::string_view raw_id);
  /// Whether a notification with these params is one that is listened to: of the listen that counts now.
  [[nodiscard]] bool takes(std::string_view raw_params) const;

  void tick(TimePoint now);

 private:
  struct Listen {
    std::string id;  ///< raw
    mcp::ListenFilter filter;
    TimePoint since;
    bool idle = false;  ///< nothing of it was honoured
    bool over = false;  ///< and the peer has ended it
  };

  void run_deferred() override;
  void open();
  void end(Listen const& listen);
  void refuse_pending(mcp::Outcome outcome, std::string_view raw_error);
  void lost();
  void wait_before_next();
  void tell(std::vector<std::string> const& uris, mcp::Outcome outcome, rpc::Reply const& reply);
  [[nodiscard]] std::vector<std::string> take_unconfirmed(mcp::ListenFilter const& filter);

  Context const& context_;
  config::ServiceConfig const& config_;
  Wire& wire_;
  Owner& owner_;
  bool running_ = false;
  bool missed_ = false;  ///< a listen has ended, and changes since then are not known
  mcp::ListenFilter wanted_;
  std::vector<std::string> unconfirmed_;  ///< of the wanted resources: somebody waits to be told
  std::optional<Listen> current_;         ///< acknowledged
  std::optional<Listen> pending_;         ///< not yet
  TimePoint not_before_;
  Duration wait_{};
  std::uint64_t last_ = 0;
};

}  // namespace gateway::backend
