// The sessions on one child, and what they are told of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/backend/context.h"
#include "gateway/backend/listens.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/log_level.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/session.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// Knows who is attached, and gives each message of the child to those whom it may
/// concern, once, and counts it. Owns no session.
class Audience {
 public:
  /// Knows other audiences that a change of a list may concern.
  class Neighbourhood {
   public:
    virtual void on_list_changed(mcp::Method method) = 0;

   protected:
    ~Neighbourhood() = default;
  };

  /// References outlive it. `calls` tells which of a session's requests are open.
  Audience(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics,
           mcp::CallTable const& calls, Listens& listens, Neighbourhood& neighbours)
      : context_(context),
        config_(config),
        metrics_(metrics),
        calls_(calls),
        listens_(listens),
        neighbours_(neighbours),
        unused_since_(context.loop.now()) {}

  void attach(mcp::Session& session);
  void detach(mcp::Session& session);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// When the last session left, or the child began. Only while there is none.
  [[nodiscard]] TimePoint unused_since() const { return unused_since_; }

  /// Calls `action` for each session; it may detach that session.
  template <typename F>
  void for_each(F&& action) {
    sessions_.for_each(std::forward<F>(action));
  }

  /// The most verbose level that a session has asked for; nothing where none has.
  [[nodiscard]] std::optional<mcp::LogLevel> wanted_log_level();

  /// A message of the child for one session that says nothing of which request it is
  /// about: on the stream of the newest open one, where there is one. (MCP 2025-11-25,
  /// Transports: a server should relate messages to the request they arise from.)
  void tell(mcp::Session& session, mcp::Method method, rpc::PiecesView message);
  /// A list has changed: every session is told, on one stream each, or where it listens for that.
  void tell_list_changed(mcp::Method method);
  /// A list of a neighbour has changed: told to those who listen.
  void tell_listeners(mcp::Method method);
  /// The same for one session.
  void tell_list_changed(mcp::Session const& session, mcp::Method method);
  /// notifications/resources/updated, for its subscribers.
  void tell_updated(SessionId session, std::string_view params);
  /// Prompts and resources may differ: only the client could tell whether they do.
  void tell_lists_may_differ(mcp::Session const& session);
  /// notifications/message: each session's own level decides, and `shared_logs`.
  void tell_log(std::string_view params);

 private:
  [[nodiscard]] bool may_have_log(mcp::Session const& session) const;
  [[nodiscard]] bool has_sent_call(mcp::Session const& session) const;
  void count(mcp::Method method, std::size_t sessions = 1);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  mcp::CallTable const& calls_;
  Listens& listens_;
  Neighbourhood& neighbours_;
  IntrusiveList<mcp::Session, mcp::AttachedTag> sessions_;
  std::size_t size_ = 0;
  TimePoint unused_since_;
};

}  // namespace gateway::backend
