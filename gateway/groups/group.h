// Services joined to one endpoint, as the transports see it: one session there, and a part of it at each member.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/turn.h"
#include "gateway/config/group.h"
#include "gateway/groups/catalog.h"
#include "gateway/groups/merged_list.h"
#include "gateway/groups/resource_owners.h"
#include "gateway/groups/tool_shape.h"
#include "gateway/log/log.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/listen.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/session_table.h"

namespace gateway::groups {

/// A member, in the order of the configuration.
struct Member {
  ServiceKey service{};
  std::string name{};   ///< of the service
  std::string alias{};  ///< in front of what it offers
  /// Each session, or owner, has a child of its own, which may offer something else.
  bool is_exclusive = false;
};

/// What a group needs of its loop. References outlive it.
struct Surroundings {
  Clock const& clock;
  Turn& turn;
  mcp::SessionTable& sessions;
  mcp::ClientPort& clients;
  log::Log& log;
  std::string_view version;                           ///< of the gateway
  std::function<mcp::ServicePort*(ServiceKey)> port;  ///< of a service of the loop; null where it is not there
};

/// To the transports it is a service, and to its members a transport. A request that one member can answer is theirs,
/// with the client's own id, and its answer goes back as it came. One that several answer is a Gathering: each member
/// has an errand for it. What is asked of members by the group itself, however late it is answered, is an errand, too.
/// Nothing is asked of a member while one answers: that waits for a later step of the turn.
class Group final : public mcp::ServicePort, public mcp::ClientPort, private Deferred {
 public:
  Group(Surroundings around, config::GroupConfig config, std::vector<Member> members);
  ~Group() { around_.turn.forget(*this); }
  Group(Group const&) = delete;
  Group& operator=(Group const&) = delete;

  /// Another configuration: sessions stay. Their parts at services that are members no more end.
  void take_up(config::GroupConfig config, std::vector<Member> members);

  // mcp::ServicePort, for sessions at the group
  void attach(mcp::Session& session) override;
  void detach(mcp::Session& session, mcp::SessionEnd why) override;
  void take_back(mcp::Session& session, mcp::SessionEnd why) override;
  void receive(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via) override;
  [[nodiscard]] std::string_view key_header() const override { return {}; }
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const&) const override { return std::nullopt; }
  [[nodiscard]] Offered offered() const override { return {}; }

  // mcp::ClientPort, for their parts at members
  [[nodiscard]] std::optional<int> status_of(mcp::ReplyTo to, mcp::Outcome outcome) override;
  void answer(mcp::ReplyTo to, mcp::Outcome outcome, rpc::Reply const& reply) override;
  void drop(mcp::ReplyTo to) override;
  void during(mcp::ReplyTo to, rpc::PiecesView message) override;
  void notify(SessionId part, rpc::PiecesView message) override;
  [[nodiscard]] bool ask(SessionId part, std::optional<mcp::ReplyTo> related, rpc::PiecesView message) override;
  void end(SessionId part, mcp::SessionEnd why) override;

  void tick();

 private:
  /// What the session of a client has at a member.
  struct Part {
    ServiceKey service{};
    SessionId session{};
    std::map<mcp::Method, std::vector<std::string>>
        late{};                         ///< lists that came too late for who had asked, page by page
    bool introduced = false;            ///< it has answered `initialize`
    std::vector<mcp::Method> missed{};  ///< what it has not answered yet: the client does without
  };
  /// What a member asks the client. Two members, or two children of one, may use the same id.
  struct Question {
    std::uint64_t id = 0;  ///< as the client knows it
    SessionId part{};
    std::string own{};  ///< raw, the member's
  };
  struct Whole {
    std::vector<Part> parts{};   ///< at most one for each member; its place stays
    bool initialized = false;    ///< the client has said so
    std::string introduction{};  ///< raw params of its `initialize`
    std::map<std::string, std::vector<ServiceKey>, std::less<>> subscribed{};  ///< at which members, by raw URI
    std::vector<Question> questions{};                                         ///< that are not answered
    std::uint64_t last_question = 0;
    TimePoint look_again{};
  };
  /// A request of a client that several members answer, or one after the other until one can.
  struct Gathering {
    SessionId whole{};
    mcp::ReplyTo to{};
    std::string id{};  ///< raw, of the request
    mcp::Method method = mcp::Method::Other;
    mcp::Era era = mcp::Era::Sessions;
    std::string text{};  ///< the whole message
    TimePoint until{};
    std::size_t waiting = 0;
    bool begun = false;  ///< everybody has been asked
    std::vector<MemberList> lists{};
    std::vector<ServiceKey> left_out{};
    std::vector<ServiceKey> limited{};  ///< whose quota is used up
    bool in_turn = false;               ///< one after the other
    std::vector<ServiceKey> next{};     ///< whom to ask then if this one cannot answer
    std::string error{};                ///< raw, of the last that could not
    mcp::Outcome outcome = mcp::Outcome::Ok;
  };
  /// What the group has asked of a part.
  struct Errand {
    SessionId whole{};
    ServiceKey service{};
    mcp::Method method = mcp::Method::Other;
    std::uint64_t gathering = 0;  ///< 0: for the group itself
  };
  /// A client of the stateless revision that listens for changes.
  struct Listen {
    mcp::ReplyTo to{};
    std::string id{};
    mcp::ListenFilter wanted{};
    std::size_t unacknowledged = 0;
    std::size_t open = 0;               ///< members at which it listens
    std::vector<SessionId> heard_by{};  ///< the parts whose members tell something
    bool acknowledged = false;
    TimePoint until{};
  };
  /// What has to be asked of a part once nobody is on the call stack.
  struct Step {
    SessionId whole{};
    ServiceKey service{};
    mcp::Method method = mcp::Method::Other;
    std::uint64_t gathering = 0;
    std::string text{};
  };

  // requests of clients: group_requests.cc
  void on_request(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void on_note(mcp::Session& session, mcp::ClientMessage const& message);
  void on_response(mcp::Session& session, mcp::ClientMessage const& message);
  void call_tool(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void call_with_arguments(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to,
                           mcp::Via const& via, std::string_view name, Catalog::Found const& found);
  void get_prompt(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via,
                  std::string_view raw_name);
  void call_by_uri(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via,
                   std::string_view raw_uri);
  void complete(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void subscribe(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void unsubscribe(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void hand_on(mcp::Session& session, std::size_t member, mcp::ClientMessage const& message, mcp::ReplyTo to,
               mcp::Via const& via);
  void cancel(mcp::Session& session, mcp::ClientMessage const& message);
  void cancel_errands(std::uint64_t gathering);
  void listen(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  [[nodiscard]] std::optional<Catalog::Found> find_tool(std::string_view name);
  void fail(mcp::Session& session, mcp::ReplyTo to, std::string_view id, mcp::Outcome outcome, rpc::ErrorCode code,
            std::string_view why);
  void finish(mcp::Session& session, mcp::ReplyTo to, std::string_view id, mcp::Outcome outcome, rpc::Reply::Kind kind,
              std::string_view body);

  // what several members answer: gatherings.cc
  void gather(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via,
              std::vector<ServiceKey> const& members);
  void ask_in_turn(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via,
                   std::vector<ServiceKey> members);
  void run_errand(Step const& step, mcp::Via const& via);
  void errand_answered(std::uint64_t ticket, mcp::Outcome outcome, rpc::Reply const& reply);
  void take_answer(Gathering& gathering, Errand const& errand, mcp::Outcome outcome, rpc::Reply const& reply);
  void take_answer_late(Errand const& errand, bool ok, std::string_view result);
  void take_turn(std::uint64_t id, Errand const& errand, mcp::Outcome outcome, rpc::Reply const& reply);
  void leave_out(Gathering& gathering, ServiceKey service);
  [[nodiscard]] std::vector<std::string> take_late(SessionId whole, ServiceKey service, mcp::Method method);
  void lose_errands(SessionId whole, ServiceKey service);
  void end_gathering_if_done(std::uint64_t id);
  void end_gathering(std::uint64_t id);
  [[nodiscard]] std::string result_of(Gathering const& gathering);
  void keep_subscription(Gathering const& gathering);
  [[nodiscard]] std::string introduction_of(Gathering const& gathering, mcp::Session& session);
  void take_page_late(Part& part, Errand const& errand, std::string_view result);
  void learn(ServiceKey service, mcp::Method method, std::vector<std::string> const& pages);
  void learn_tools();
  void introduced(SessionId whole, ServiceKey service);
  void tell_changed(SessionId whole, mcp::Method list);
  void look_again(SessionId id, Whole& whole);
  void run_deferred() override;

  // sessions and their parts: group.cc
  [[nodiscard]] mcp::MemberDoor::Opened part_at(mcp::Session& session, std::size_t member,
                                                mcp::ClientMessage const& message, mcp::Via const& via);
  [[nodiscard]] Part& part_of(Whole& whole, ServiceKey service);
  [[nodiscard]] Part* find_part(SessionId whole, ServiceKey service);
  [[nodiscard]] Whole* find_whole(SessionId id);
  [[nodiscard]] std::optional<mcp::ReplyTo> request_of(mcp::ReplyTo to, SessionId whole) const;
  void forget_late(mcp::Session const& part, mcp::Method news);
  void end_part(Part& part, mcp::SessionEnd why);
  [[nodiscard]] std::vector<ServiceKey> all_members() const;
  [[nodiscard]] std::size_t member_of(ServiceKey service) const;
  [[nodiscard]] std::string_view name_of(ServiceKey service) const;
  [[nodiscard]] ServiceKey key_of(mcp::Session const& part) const;
  [[nodiscard]] mcp::Session* whole_of(mcp::Session const& part);
  void acknowledge(Listen& listen);
  void end_listen(SessionId id);
  [[nodiscard]] bool take_listen_message(mcp::Session const& part, mcp::ReplyTo to, rpc::PiecesView message);
  [[nodiscard]] bool take_listen_end(mcp::Session const& part, mcp::ReplyTo to, mcp::Outcome outcome,
                                     rpc::Reply const& reply);

  Surroundings around_;
  config::GroupConfig config_;
  std::vector<Member> members_;
  ToolShape shape_;
  Catalog tools_;
  Catalog prompts_;
  ResourceOwners resources_;
  std::unordered_map<SessionId, Whole> wholes_;
  std::map<std::uint64_t, Gathering> gatherings_;
  std::unordered_map<std::uint64_t, Errand> errands_;  ///< by ticket
  std::unordered_map<SessionId, Listen> listens_;
  std::map<std::pair<ServiceKey, mcp::Method>, std::size_t> learned_;  ///< hashes of the lists
  std::vector<Step> steps_;
  std::uint64_t last_ = 0;  ///< number of a gathering or errand
};

}  // namespace gateway::groups
