// Calls that a peer of the stateless revision cannot answer before their clients have answered it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/backend/call_book.h"
#include "gateway/backend/context.h"
#include "gateway/mcp/input_round.h"

namespace gateway::backend {

/// For clients with sessions: asks them on the stream of their call, and sends the call again with what they
/// answered. Meanwhile the peer holds nothing of the call, and the CallBook has it parked.
class InputRounds final : private CallBook::InputTaker {
 public:
  class Owner {
   public:
    /// The call is to be sent again, now or when the peer takes it.
    virtual void send_again(HeldCall&& call, std::string_view method, std::string_view params) = 0;

   protected:
    ~Owner() = default;
  };

  /// References outlive it.
  InputRounds(Context const& context, config::ServiceConfig const& config, CallBook& book, Owner& owner);

  /// A client's answer. Accepted only from the session that was asked, once. False when it is none of ours.
  bool answered(SessionId session, rpc::Message const& message);
  /// What was asked for calls that their clients took back is taken back.
  void forget_ended();
  /// Calls whose clients took too long, and those that only wait for the peer.
  void tick(TimePoint now);
  /// The peer's run is over, and what it would have to recognize with it.
  void give_up_all(std::string_view why);

 private:
  struct Asking {
    SessionId session{};
    mcp::ReplyTo to;
    mcp::InputRound round;
    std::vector<std::string> ids;  ///< raw, of the requests to the client, in the order of what is needed
    TimePoint since;
    TimePoint until;  ///< when the client's time is over; without requests, when the call is sent again
  };
  using Open = std::unordered_map<mcp::ParkedId, Asking>;

  void on_input_required(HeldCall&& call, std::string_view raw_result) override;
  [[nodiscard]] std::string ask(Asking& asking);
  void take_back(Asking const& asking);
  void send_again(Open::iterator at);
  void give_up(Open::iterator at, std::string_view why);
  void fail(HeldCall&& call, std::string_view why);
  [[nodiscard]] std::string new_id();

  Context const& context_;
  config::ServiceConfig const& config_;
  CallBook& book_;
  Owner& owner_;
  Open open_;
  std::uint64_t last_ = 0;
};

}  // namespace gateway::backend
