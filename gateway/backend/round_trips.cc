#include "gateway/backend/round_trips.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Session;
using rpc::ErrorCode;

namespace {

/// A peer that asks several things at once is given the time to say them all.
constexpr Duration kGatherFor = milliseconds(20);
/// How often one call may ask its client.
constexpr unsigned kMostRoundTrips = 10;
/// What one call may have open.
constexpr std::size_t kMostQuestions = 64;
/// Calls of one peer that nobody came back for yet.
constexpr std::size_t kMostTrips = 1000;
/// Of the questions that one call has open, together.
constexpr std::size_t kMostQuestionBytes = 1'000'000;

constexpr std::string_view kRequestState = "requestState";

}  // namespace

/// The call while its client is away. It ends in the trip, for the client to fetch.
class RoundTrips::Suspended final : public OwnQuestion {
 public:
  Suspended(RoundTrips& trips, std::uint64_t trip) : trips_(trips), trip_(trip) {}

  /// It was sent long ago.
  [[nodiscard]] Request request() const override { return {}; }
  void ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) override {
    trips_.on_ended(trip_, outcome, reply);
  }

 private:
  RoundTrips& trips_;
  std::uint64_t trip_;
};

RoundTrips::RoundTrips(Context const& context, config::ServiceConfig const& config, CallBook& book, Wire& wire)
    : context_(context), config_(config), book_(book), wire_(wire), gather_(context.loop, [this] { present_all(); }) {}

// ── whose question it is ─────────────────────────────────────────────────────

std::uint64_t RoundTrips::trip_of(CallId call) const {
  auto const found = std::find_if(trips_.begin(), trips_.end(),
                                  [&](auto const& each) { return each.second.call == call && !each.second.end; });
  return found == trips_.end() ? 0 : found->first;
}

/// The call that the question must come from. Operators' calls and probes may be its cause, too, and so may one that was
/// given up without an answer, or answered just now.
std::optional<CallId> RoundTrips::only_call() const {
  auto const& sent = book_.sent();
  CallId only{};
  std::size_t calls = 0;
  sent.for_each([&](CallId id, mcp::Call const& call) {
    if (!mcp::may_ask(call.method)) return;
    ++calls;
    only = id;
  });
  auto const* const call = sent.find(only);
  auto const now = context_.loop.now();
  auto const certain = calls == 1 && call != nullptr && !call->abandoned && call->is_of_client() &&
                       sent.dropped_only_of(call->to.session, now) &&
                       sent.answered_only_of(mcp::Concerned::by(*call), now);
  return certain ? std::optional(only) : std::nullopt;
}

RoundTrips::Trip* RoundTrips::begin(CallId id) {
  if (auto const known = trip_of(id); known != 0) return &trips_.find(known)->second;
  auto const* const call = book_.sent().find(id);
  auto const* const session = call == nullptr ? nullptr : context_.sessions.find(call->to.session);
  if (session == nullptr || call->era() != mcp::Era::Stateless || !mcp::may_need_input(call->method)) return nullptr;
  if (trips_.size() >= kMostTrips) return nullptr;
  return &trips_
              .emplace(++last_, Trip{.call = id,
                                     .edition = session->edition,
                                     .child = session->child,
                                     .service = session->service,
                                     .method = call->method,
                                     .principal = session->principal.name,
                                     .key = session->key,
                                     .request = session->mark.digest,
                                     .capabilities = session->capabilities})
              .first->second;
}

bool RoundTrips::is_full(Trip const& trip, std::size_t more) {
  auto bytes = more;
  for (auto const& question : trip.open) bytes += question.request.raw_params.size();
  return trip.open.size() >= kMostQuestions || bytes > kMostQuestionBytes;
}

bool RoundTrips::ask(rpc::Message const& message) {
  auto const call = only_call();
  auto* const trip = call ? begin(*call) : nullptr;
  if (trip == nullptr) return false;
  auto const asked = mcp::method_from(message.method);
  if (is_full(*trip, message.params.size())) {
    wire_.refuse(message.id, rpc::error_object(ErrorCode::InternalError, "the client is asked for too much at once"));
    return true;
  }
  if (!mcp::can_be_asked(trip->capabilities, asked, message.params)) {
    book_.lacks(trip->call, mcp::required_capability(asked, message.params));
    wire_.refuse(message.id, rpc::error_object(ErrorCode::MethodNotFound,
                                               fmt::format("the client does not support {}", message.method)));
    return true;
  }
  book_.lacks(trip->call, {});
  trip->open.push_back({.peer_id = std::string(message.id),
                        .request = {.key = fmt::format("input-{}", ++trip->asked),
                                    .method = asked,
                                    .raw_params = mcp::params_for_input(message.params)}});
  if (trip->waited_for) gather_.set(kGatherFor);
  return true;
}

// ── to the client and back ───────────────────────────────────────────────────

void RoundTrips::present_all() {
  std::vector<std::uint64_t> due;
  for (auto const& [id, trip] : trips_) {
    if (trip.waited_for && !trip.open.empty()) due.push_back(id);
  }
  for (auto const id : due) {
    if (auto const found = trips_.find(id); found != trips_.end()) present(id, found->second);
  }
}

void RoundTrips::present(std::uint64_t id, Trip& trip) {
  auto const* const call = book_.sent().find(trip.call);
  if (call == nullptr || call->abandoned) return;  // it has ended, which the next tick finds
  if (trip.round == kMostRoundTrips) return give_up(trip);
  ++trip.round;
  trip.waited_for = false;
  trip.expires = context_.loop.now() + config_.server_request_timeout;
  auto const state = context_.seal.seal(
      {.edition = trip.edition, .child = trip.child, .trip = id, .round = trip.round, .expires = trip.expires},
      {.service = trip.service, .principal = trip.principal, .key = trip.key, .request = trip.request});
  std::vector<mcp::InputRequest> requests;
  for (auto const& question : trip.open) requests.push_back(question.request);
  book_.suspend(trip.call, std::make_unique<Suspended>(*this, id), mcp::input_required(requests, state));
}

std::optional<mcp::RequestState> RoundTrips::shown_state(mcp::StateSeal const& seal, Session const& session,
                                                         std::string_view raw_params) {
  return seal.open(rpc::unquote(rpc::find_member(raw_params, kRequestState)), {.service = session.service,
                                                                               .principal = session.principal.name,
                                                                               .key = session.key,
                                                                               .request = session.mark.digest});
}

void RoundTrips::resume(HeldCall&& call, Session const& session, std::string_view raw_params) {
  auto const state = shown_state(context_.seal, session, raw_params);
  auto const found = state ? trips_.find(state->trip) : trips_.end();
  if (found == trips_.end() || !is_shown_by(*state, session, found->second)) {
    return book_.fail(std::move(call), unknown_request_state());
  }
  auto& trip = found->second;
  if (trip.end) {
    auto const end = *std::move(trip.end);
    trips_.erase(found);
    auto const id = call->client_id;
    return book_.finish(std::move(call), end.outcome, {id, end.kind, end.body});
  }
  take_answers(trip, rpc::find_member(raw_params, "inputResponses"));
  trip.waited_for = true;
  trip.capabilities = session.capabilities;
  call->progress_token.assign(mcp::read_params(raw_params).progress_token);
  book_.resume(trip.call, std::move(call));
  if (!trip.open.empty()) present(found->first, trip);
}

Failure RoundTrips::unknown_request_state() {
  return {.outcome = mcp::Outcome::RpcError,
          .code = ErrorCode::InvalidParams,
          .message = "requestState is invalid or has expired: send the request again without it"};
}

/// Numbers of trips are those of other children, too: the state must be of this very one.
bool RoundTrips::is_shown_by(mcp::RequestState const& state, Session const& session, Trip const& trip) const {
  return state.edition == trip.edition && state.child == trip.child && session.principal.name == trip.principal &&
         session.key == trip.key && session.mark.digest == trip.request && !trip.waited_for &&
         trip.round == state.round && state.expires > context_.loop.now();
}

/// What is missing or is no answer is asked again.
void RoundTrips::take_answers(Trip& trip, std::string_view raw_responses) {
  std::erase_if(trip.open, [&](Question const& question) {
    auto const response = rpc::find_member(raw_responses, question.request.key);
    if (!mcp::is_input_response(question.request.method, response)) return false;
    wire_.answer(question.peer_id, response);
    return true;
  });
}

// ── ends ─────────────────────────────────────────────────────────────────────

/// A call that asks for ever.
void RoundTrips::give_up(Trip& trip) {
  dismiss(trip);
  auto const failed = mcp::lacks_input(trip.method, "the server asked for more input too often");
  book_.take_back(trip.call, failed.outcome, {{}, failed.kind, failed.body});
}

/// Nobody will answer what is open: the peer must not wait for it.
void RoundTrips::dismiss(Trip& trip) {
  for (auto const& question : std::exchange(trip.open, {})) {
    wire_.give_up(question.peer_id, question.request.method, "the client did not answer in time");
  }
}

bool RoundTrips::cancelled(std::string_view peer_id) {
  for (auto& [id, trip] : trips_) {
    if (std::erase_if(trip.open, [&](Question const& each) { return each.peer_id == peer_id; }) > 0) return true;
  }
  return false;
}

void RoundTrips::on_ended(std::uint64_t id, mcp::Outcome outcome, rpc::Reply const& reply) {
  auto const found = trips_.find(id);
  if (found == trips_.end()) return;
  dismiss(found->second);
  std::size_t kept = reply.body.size();
  for (auto const& [other, trip] : trips_) kept += trip.end ? trip.end->body.size() : 0;
  found->second.end = kept <= context_.limits.max_result_bytes
                          ? End{outcome, reply.kind, std::string(reply.body)}
                          : End{mcp::Outcome::ChildExited, rpc::Reply::Kind::Error,
                                rpc::error_object(ErrorCode::InternalError,
                                                  "too many results wait for clients that did not come back")};
}

std::size_t RoundTrips::suspended() const {
  return static_cast<std::size_t>(
      std::count_if(trips_.begin(), trips_.end(), [](auto const& each) { return !each.second.waited_for; }));
}

void RoundTrips::on_peer_down() {
  for (auto& [id, trip] : trips_) trip.open.clear();
}

void RoundTrips::tick(TimePoint now) {
  for (auto at = trips_.begin(); at != trips_.end();) {
    auto const next = std::next(at);
    auto& trip = at->second;
    auto const* const call = book_.sent().find(trip.call);
    auto const over = trip.waited_for ? call == nullptr || call->abandoned : trip.expires <= now;
    if (over) {
      auto ended = std::move(trip);
      trips_.erase(at);
      dismiss(ended);
      if (!ended.waited_for && !ended.end) book_.take_back(ended.call, mcp::Outcome::Timeout, {});
    }
    at = next;
  }
}

}  // namespace gateway::backend
