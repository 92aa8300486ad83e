#include "gateway/backend/peer_listen.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "gateway/mcp/session_envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

using mcp::Outcome;
using rpc::ErrorCode;

namespace {

constexpr Duration kFirstWait = seconds(1);
constexpr Duration kLongestWait = seconds(60);
/// All of them are in each listen, and are looked through when one changes.
constexpr std::size_t kMostResources = 1024;
constexpr std::string_view kIdPrefix = "\"listen-";
constexpr std::string_view kEmptyResult = "{}";

void erase(std::vector<std::string>& from, std::string const& uri) { std::erase(from, uri); }

bool contains(std::vector<std::string> const& uris, std::string const& uri) {
  return std::find(uris.begin(), uris.end(), uri) != uris.end();
}

/// A peer may spell a URI with other escapes than the client did.
std::unordered_set<std::string> unquoted(std::vector<std::string> const& uris) {
  std::unordered_set<std::string> texts;
  for (auto const& uri : uris) texts.insert(rpc::unquote(uri));
  return texts;
}

}  // namespace

void PeerListen::begin_run(mcp::ListenFilter lists) {
  running_ = true;
  missed_ = false;
  wanted_ = std::move(lists);
  wanted_.uris.clear();
  wait_ = {};
  not_before_ = {};
  context_.loop.defer(*this);
}

void PeerListen::end_run(std::string_view why) {
  if (!std::exchange(running_, false)) return;
  current_.reset();
  pending_.reset();
  wanted_ = {};
  auto const error = rpc::error_object(ErrorCode::InternalError, why);
  tell(std::exchange(unconfirmed_, {}), Outcome::ChildExited, {{}, rpc::Reply::Kind::Error, error});
}

void PeerListen::add(std::string uri) {
  if (!running_) {
    auto const error = rpc::error_object(ErrorCode::InternalError, "the server is not running");
    return owner_.on_listening(uri, Outcome::Unavailable, {{}, rpc::Reply::Kind::Error, error});
  }
  if (not_before_ == TimePoint::max()) {
    auto const error = rpc::error_object(ErrorCode::MethodNotFound, "the server does not listen for changes");
    return owner_.on_listening(uri, Outcome::RpcError, {{}, rpc::Reply::Kind::Error, error});
  }
  if (wanted_.uris.size() >= kMostResources && !contains(wanted_.uris, uri)) {
    auto const error =
        rpc::error_object(ErrorCode::InternalError, "too many resources of this server are subscribed to",
                          R"({"reason":"subscriptions","retryable":true})");
    return owner_.on_listening(uri, Outcome::Busy, {{}, rpc::Reply::Kind::Error, error});
  }
  not_before_ = {};  // somebody waits
  if (!contains(unconfirmed_, uri)) unconfirmed_.push_back(uri);
  if (!contains(wanted_.uris, uri)) wanted_.uris.push_back(std::move(uri));
  context_.loop.defer(*this);
}

void PeerListen::remove(std::string const& uri) {
  erase(wanted_.uris, uri);
  erase(unconfirmed_, uri);
  context_.loop.defer(*this);
}

/// Once a turn, whatever was added and removed in it; and one at a time, whatever changes until it is acknowledged.
void PeerListen::run_deferred() {
  if (!running_ || pending_ || context_.loop.now() < not_before_) return;
  if (wanted_.empty()) {
    if (current_) end(*std::exchange(current_, std::nullopt));
    return;
  }
  if (current_ && current_->filter == wanted_) {
    // It was taken back and added again: the peer listens already.
    return tell(take_unconfirmed(wanted_), Outcome::Ok, {{}, rpc::Reply::Kind::Result, kEmptyResult});
  }
  open();
}

void PeerListen::open() {
  pending_ = Listen{.id = fmt::format("{}{}\"", kIdPrefix, ++last_), .filter = wanted_, .since = context_.loop.now()};
  auto const params = mcp::listen_params(wanted_, mcp::gateway_envelope(context_.version));
  if (wire_.request(pending_->id, label(mcp::Method::SubscriptionsListen), params)) return;
  refuse_pending(Outcome::Busy, rpc::error_object(ErrorCode::InternalError, "the server does not take more input now",
                                                  R"({"reason":"queue_full","retryable":true})"));
}

void PeerListen::end(Listen const& listen) {
  if (listen.over) return;
  wire_.note("notifications/cancelled", fmt::format(R"({{"requestId":{}}})", listen.id));
}

// ── from the peer ────────────────────────────────────────────────────────────

void PeerListen::acknowledged(std::string_view raw_params) {
  if (!pending_ || mcp::subscription_id(raw_params) != pending_->id) return;
  auto const honoured = mcp::read_listen_filter(raw_params, mcp::kAnyNumber).value_or(mcp::ListenFilter{});
  auto const former = std::exchange(current_, std::exchange(pending_, std::nullopt));
  current_->idle = honoured.empty();
  if (former) end(*former);
  auto const names = unquoted(honoured.uris);
  std::vector<std::string> accepted;
  std::vector<std::string> refused;
  for (auto& uri : take_unconfirmed(current_->filter)) {
    (names.count(rpc::unquote(uri)) > 0 ? accepted : refused).push_back(std::move(uri));
  }
  // What is not honoured is not asked for again, nor is the listen opened anew without it.
  for (auto const& uri : refused) {
    erase(wanted_.uris, uri);
    erase(current_->filter.uris, uri);
  }
  tell(accepted, Outcome::Ok, {{}, rpc::Reply::Kind::Result, kEmptyResult});
  auto const error = rpc::error_object(ErrorCode::InvalidParams, "the server does not report changes of this resource");
  tell(refused, Outcome::RpcError, {{}, rpc::Reply::Kind::Error, error});
  if (std::exchange(missed_, false)) owner_.on_listening_again();
  context_.loop.defer(*this);
}

bool PeerListen::answered(rpc::Message const& message) {
  if (!message.id.starts_with(kIdPrefix)) return false;
  if (pending_ && pending_->id == message.id) {
    auto const none = rpc::error_object(ErrorCode::InternalError, "the server does not listen for changes");
    refuse_pending(Outcome::RpcError, message.error.empty() ? std::string_view(none) : message.error);
  } else if (current_ && current_->id == message.id) {
    lost();
  }
  return true;
}

void PeerListen::cancelled(std::string_view raw_id) {
  if (pending_ && pending_->id == raw_id) {
    refuse_pending(Outcome::RpcError,
                   rpc::error_object(ErrorCode::InternalError, "the server does not listen for changes"));
  } else if (current_ && current_->id == raw_id) {
    lost();
  }
}

/// The peer ended the listen that counted. One that nothing was to come of stays over.
void PeerListen::lost() {
  if (current_->idle) {
    current_->over = true;
    return;
  }
  if (context_.loop.now() - current_->since > kLongestWait) wait_ = {};
  current_.reset();
  missed_ = true;
  if (!pending_) wait_before_next();
}

void PeerListen::wait_before_next() {
  wait_ = std::clamp(2 * wait_, kFirstWait, kLongestWait);
  not_before_ = context_.loop.now() + wait_;
}

/// Resources that were new to it are not tried again by themselves: whoever wants them knows now.
void PeerListen::refuse_pending(Outcome outcome, std::string_view raw_error) {
  auto const pending = *std::exchange(pending_, std::nullopt);
  auto const refused = take_unconfirmed(pending.filter);
  for (auto const& uri : refused) erase(wanted_.uris, uri);
  wait_before_next();
  // A server that does not know the method will not learn it in this run.
  if (rpc::error_code(raw_error) == static_cast<int>(ErrorCode::MethodNotFound)) not_before_ = TimePoint::max();
  tell(refused, outcome, {{}, rpc::Reply::Kind::Error, raw_error});
}

bool PeerListen::takes(std::string_view raw_params) const {
  auto const id = mcp::subscription_id(raw_params);
  return id.empty() || (current_ && current_->id == id);
}

// ── the rest ─────────────────────────────────────────────────────────────────

void PeerListen::tick(TimePoint now) {
  if (!running_) return;
  if (pending_ && now - pending_->since >= config_.call_timeout) {
    end(*pending_);
    refuse_pending(Outcome::Timeout,
                   rpc::error_object(ErrorCode::InternalError, "the server did not answer subscriptions/listen in time",
                                     R"({"reason":"timeout","retryable":false})"));
  }
  if (now >= not_before_) context_.loop.defer(*this);
}

std::vector<std::string> PeerListen::take_unconfirmed(mcp::ListenFilter const& filter) {
  std::vector<std::string> taken;
  for (auto const& uri : filter.uris) {
    if (std::erase(unconfirmed_, uri) > 0) taken.push_back(uri);
  }
  return taken;
}

/// May add and remove resources.
void PeerListen::tell(std::vector<std::string> const& uris, Outcome outcome, rpc::Reply const& reply) {
  for (auto const& uri : uris) owner_.on_listening(uri, outcome, reply);
}

}  // namespace gateway::backend
