// What a peer with sessions asks during a call of a client that has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/backend/call_book.h"
#include "gateway/backend/context.h"
#include "gateway/backend/wire.h"
#include "gateway/io/watch.h"
#include "gateway/mcp/input_request.h"
#include "gateway/mcp/request_state.h"
#include "gateway/mcp/session.h"
#include "gateway/rpc/message.h"

namespace gateway::backend {

/// The peer's question ends its client's request with a result that says what is asked; the call stays open at the
/// peer. The client's next request brings the answers and takes the call up again, so nothing the peer did is done
/// twice. Questions of a peer that works for several clients do not say whose call they belong to: they are passed on
/// only where there is one call alone. (MCP 2026-07-28, Multi Round-Trip Requests.)
class RoundTrips {
 public:
  /// References outlive it.
  RoundTrips(Context const& context, config::ServiceConfig const& config, CallBook& book, Wire& wire);

  /// A question of the peer. False where no stateless client's call is certain to have caused it.
  [[nodiscard]] bool ask(rpc::Message const& message);
  /// The peer takes a question back. False where it is none of these.
  bool cancelled(std::string_view peer_id);
  /// What a request of the session shows, if it was sealed here for its client and for this request.
  [[nodiscard]] static std::optional<mcp::RequestState> shown_state(mcp::StateSeal const& seal,
                                                                    mcp::Session const& session,
                                                                    std::string_view raw_params);
  /// A client's request with a requestState: takes its call up again.
  void resume(HeldCall&& call, mcp::Session const& session, std::string_view raw_params);

  /// Whether there is a call that a client may come back for.
  [[nodiscard]] bool any() const { return !trips_.empty(); }
  /// For how many a client is to come back.
  [[nodiscard]] std::size_t suspended() const;
  /// The peer's run is over: it waits for no answer any more.
  void on_peer_down();
  /// Gives up what no client came back for, and forgets what has ended.
  void tick(TimePoint now);

 private:
  class Suspended;
  struct Question {
    std::string peer_id;  ///< raw
    mcp::InputRequest request;
  };
  struct End {
    mcp::Outcome outcome = mcp::Outcome::Ok;
    rpc::Reply::Kind kind = rpc::Reply::Kind::Result;
    std::string body;
  };
  struct Trip {
    CallId call{};
    EditionId edition{};
    ChildId child{};
    ServiceKey service{};
    mcp::Method method = mcp::Method::Other;
    std::string principal;  ///< what its state is bound to
    std::string key;
    std::uint64_t request = 0;
    std::string capabilities;  ///< raw, of the client
    std::vector<Question> open{};
    std::size_t asked = 0;
    unsigned round = 0;
    bool waited_for = true;    ///< a client waits for its answer
    TimePoint expires{};       ///< while none does
    std::optional<End> end{};  ///< the peer answered while none did
  };

  [[nodiscard]] std::uint64_t trip_of(CallId call) const;
  [[nodiscard]] static bool is_full(Trip const& trip, std::size_t more);
  [[nodiscard]] std::optional<CallId> only_call() const;
  [[nodiscard]] bool is_shown_by(mcp::RequestState const& state, mcp::Session const& session, Trip const& trip) const;
  [[nodiscard]] Trip* begin(CallId id);
  void present_all();
  void present(std::uint64_t id, Trip& trip);
  void take_answers(Trip& trip, std::string_view raw_responses);
  void give_up(Trip& trip);
  void dismiss(Trip& trip);
  [[nodiscard]] static Failure unknown_request_state();
  void on_ended(std::uint64_t id, mcp::Outcome outcome, rpc::Reply const& reply);

  Context const& context_;
  config::ServiceConfig const& config_;
  CallBook& book_;
  Wire& wire_;
  std::unordered_map<std::uint64_t, Trip> trips_;
  std::uint64_t last_ = 0;
  io::Timer gather_;
};

}  // namespace gateway::backend
