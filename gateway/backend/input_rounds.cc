#include "gateway/backend/input_rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/mcp/input_request.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Outcome;

namespace {

/// How often a call is sent again before its server counts as one that never has enough.
constexpr unsigned kMostRepeats = 8;
/// Between two tries of a call for which the server only asks for time.
constexpr Duration kPace = milliseconds(250);

}  // namespace

InputRounds::InputRounds(Context const& context, config::ServiceConfig const& config, CallBook& book, Owner& owner)
    : context_(context), config_(config), book_(book), owner_(owner) {
  book_.set_input_taker(*this);
}

void InputRounds::on_input_required(HeldCall&& call, std::string_view raw_result) {
  auto round = mcp::read_input_round(raw_result);
  if (!round) return fail(std::move(call), "the server asked for input, but not for any that a client could give");
  if (++call->again->rounds > kMostRepeats) {
    return fail(std::move(call), fmt::format("the server asked for input more than {} times", kMostRepeats));
  }
  auto const now = context_.loop.now();
  Asking asking{.session = call->to.session,
                .to = call->to,
                .round = *std::move(round),
                .ids = {},
                .since = now,
                .until = now + config_.server_request_timeout};
  if (asking.round.needed.empty()) asking.until = now + kPace;
  auto const why = ask(asking);
  if (!why.empty()) {
    take_back(asking);
    return fail(std::move(call), why);
  }
  open_.emplace(book_.park(std::move(call)), std::move(asking));
}

/// Asks the client for all that is needed, at once. Gives why it could not be.
std::string InputRounds::ask(Asking& asking) {
  auto const* const session = context_.sessions.find(asking.session);
  if (session == nullptr) return "the client is gone";
  auto const capabilities = mcp::capabilities_in(session->envelope);
  for (auto const& needed : asking.round.needed) {
    auto why = mcp::why_not_asked(needed, capabilities, session->revision);
    if (!why.empty()) return why;
  }
  for (auto const& needed : asking.round.needed) {
    auto const id = new_id();
    auto const params = mcp::params_for_client(needed, fmt::format("{:016x}", context_.entropy.number()));
    auto const asked = context_.clients.ask(
        asking.session, asking.to,
        {R"({"jsonrpc":"2.0","id":)", id, R"(,"method":")", label(needed.method), R"(","params":)", params, "}"});
    if (!asked) return "the server needs input of the client, which has no stream open to be asked on";
    asking.ids.push_back(id);
  }
  return {};
}

/// A session may be asked through one child and later through another, and its answer to the first may be late.
std::string InputRounds::new_id() { return fmt::format(R"("{:x}-{}")", context_.entropy.number(), ++last_); }

bool InputRounds::answered(SessionId session, rpc::Message const& message) {
  for (auto at = open_.begin(); at != open_.end(); ++at) {
    auto& asking = at->second;
    if (asking.session != session) continue;
    auto const id = std::find(asking.ids.begin(), asking.ids.end(), message.id);
    if (id == asking.ids.end()) continue;
    auto& needed = asking.round.needed[static_cast<std::size_t>(id - asking.ids.begin())];
    id->clear();
    if (!message.error.empty() || !rpc::is_object(message.result)) {
      auto const said = rpc::unquote(rpc::find_member(message.error, "message"));
      give_up(at, fmt::format("the client did not answer {}: {}", label(needed.method), said));
      return true;
    }
    mcp::append_on_one_line(needed.response, message.result);
    auto const all = std::all_of(asking.ids.begin(), asking.ids.end(), [](auto const& each) { return each.empty(); });
    if (all) send_again(at);
    return true;
  }
  return false;
}

void InputRounds::send_again(Open::iterator at) {
  auto const asking = std::move(at->second);
  auto call = book_.unpark(at->first);
  open_.erase(at);
  if (!call) return;
  auto const now = context_.loop.now();
  // A client may take longer than its server.
  (*call)->hard_deadline += now - asking.since;
  (*call)->deadline = std::min(now + (*call)->patience, (*call)->hard_deadline);
  auto const method = (*call)->again->method;
  auto const params = mcp::params_with_input((*call)->again->params, asking.round);
  owner_.send_again(*std::move(call), method, params);
}

void InputRounds::tick(TimePoint now) {
  std::vector<mcp::ParkedId> due;
  for (auto const& [id, asking] : open_) {
    if (asking.until <= now) due.push_back(id);
  }
  for (auto const id : due) {
    auto const at = open_.find(id);
    if (at == open_.end()) continue;
    if (at->second.ids.empty()) {
      send_again(at);
    } else {
      give_up(at, "the client did not answer what the server needs to know in time");
    }
  }
}

void InputRounds::forget_ended() {
  std::vector<mcp::ParkedId> ended;
  for (auto const& [id, asking] : open_) {
    if (!book_.is_parked(id)) ended.push_back(id);
  }
  for (auto const id : ended) take_back(open_.extract(id).mapped());
}

void InputRounds::give_up_all(std::string_view why) {
  for (auto& [id, asking] : std::exchange(open_, {})) {
    take_back(asking);
    auto call = book_.unpark(id);
    if (!call) continue;
    book_.fail(*std::move(call), {.outcome = Outcome::ChildExited,
                                  .message = fmt::format("the server '{}' cannot answer: {}", config_.name, why),
                                  .reason = "child_exited"});
  }
}

void InputRounds::give_up(Open::iterator at, std::string_view why) {
  auto const asking = std::move(at->second);
  auto call = book_.unpark(at->first);
  open_.erase(at);
  take_back(asking);
  if (call) fail(*std::move(call), why);
}

/// Of what was asked, that which is not answered.
void InputRounds::take_back(Asking const& asking) {
  for (auto const& id : asking.ids) {
    if (id.empty()) continue;
    (void)context_.clients.ask(
        asking.session, asking.to,
        {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)", id, "}}"});
  }
}

void InputRounds::fail(HeldCall&& call, std::string_view why) {
  book_.excuse(*call);
  auto const id = call->client_id;
  auto const failed = mcp::lacks_input(call->method, why);
  book_.finish(std::move(call), failed.outcome, {id, failed.kind, failed.body});
}

}  // namespace gateway::backend
