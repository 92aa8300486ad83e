#include "gateway/backend/introduction.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/mcp/envelope.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::EraAnswer;
using mcp::EraStep;
using mcp::Outcome;

namespace {

/// How long a child may say nothing to `server/discover` before it is initialized as well. Some ignore what they do
/// not know.
constexpr Duration kSilence = seconds(5);

/// It must be asked otherwise before its time to start is over.
Duration patience_of(config::ServiceConfig const& config) {
  return std::min<Duration>(kSilence, config.start_timeout / 2);
}

bool has_answered(Outcome outcome) { return outcome == Outcome::Ok || outcome == Outcome::ToolError; }

/// Where the run is over, or is being ended, somebody else says why.
bool run_is_over(Outcome outcome) {
  switch (outcome) {
    case Outcome::Timeout:
    case Outcome::ChildExited:
    case Outcome::Unavailable:
    case Outcome::Cancelled:
    case Outcome::Forbidden:
    case Outcome::MissingScope:
    case Outcome::Limited:
    case Outcome::Invalid: return true;
    case Outcome::Ok:
    case Outcome::ToolError:
    case Outcome::RpcError:
    case Outcome::MethodNotFound:
    case Outcome::Busy: return false;
  }
  return false;
}

std::string refusal_of(mcp::Method method, rpc::Reply const& reply) {
  return fmt::format("it refused {}: {}", label(method), rpc::unquote(rpc::find_member(reply.body, "message")));
}

}  // namespace

mcp::KnownEra known_era(config::ServiceConfig const& config, EraMemory const& memory) {
  switch (config.era) {
    case config::ServerEra::Auto: return {.era = memory.era, .certain = false};
    case config::ServerEra::Legacy: return {.era = mcp::Era::Sessions, .certain = true};
    case config::ServerEra::Modern: return {.era = mcp::Era::Stateless, .certain = true};
  }
  return {};
}

void Introduction::begin_run(std::string initialize_params) {
  initialize_params_ = std::move(initialize_params);
  discovered_.reset();
  initialized_.reset();
  failure_.clear();
  begun_ = context_.loop.now();
  probe_.emplace(known());
  take(probe_->begin());
}

bool Introduction::ended(RunEnd end) {
  if (!probe_) return false;
  auto const because_asked = end == RunEnd::NeverReady && probe_->exit_means_sessions();
  probe_.reset();
  if (end == RunEnd::NeverReady) memory_.era = because_asked ? std::optional(mcp::Era::Sessions) : std::nullopt;
  return because_asked;
}

void Introduction::tick(TimePoint now) {
  if (probe_ && now - begun_ >= patience_of(config_)) take(probe_->silent());
}

void Introduction::on_greeting_ended(mcp::Method method, Outcome outcome, rpc::Reply const& reply) {
  if (!probe_ || run_is_over(outcome)) return;
  if (outcome == Outcome::Busy) {
    failure_ = "it closed its stdin";
    return take(EraStep::Fail);
  }
  if (method == mcp::Method::ServerDiscover) return take(probe_->discovered(read_discovery(outcome, reply)));
  take(probe_->initialized(read_initialize(outcome, reply)));
}

std::string Introduction::with_version(std::string_view raw_result) const {
  return config_.version ? mcp::with_service_version(raw_result, config_.version->name) : std::string(raw_result);
}

EraAnswer Introduction::read_discovery(Outcome outcome, rpc::Reply const& reply) {
  if (!has_answered(outcome)) {
    failure_ = refusal_of(mcp::Method::ServerDiscover, reply);
    return mcp::answer_to_discover(reply.body);
  }
  discovered_ = mcp::Handshake::from_discovery(with_version(reply.body), config_.name);
  if (discovered_) return EraAnswer::Speaks;
  auto const versions = rpc::find_member(reply.body, "supportedVersions");
  failure_ =
      fmt::format("its answer to server/discover has no capabilities, or does not support {}", mcp::kStatelessRevision);
  return rpc::is_array(versions) ? EraAnswer::NamesVersions : EraAnswer::Refuses;
}

EraAnswer Introduction::read_initialize(Outcome outcome, rpc::Reply const& reply) {
  if (!has_answered(outcome)) {
    failure_ = refusal_of(mcp::Method::Initialize, reply);
    return mcp::answer_to_initialize(reply.body);
  }
  initialized_ = mcp::Handshake::from(with_version(reply.body), sharing_);
  if (initialized_) return EraAnswer::Speaks;
  failure_ = "its answer to initialize has no protocolVersion or capabilities";
  return EraAnswer::Refuses;
}

void Introduction::take(EraStep step) {
  switch (step) {
    case EraStep::Wait: return;
    case EraStep::Discover:
      return ask(mcp::Method::ServerDiscover,
                 fmt::format(R"({{"_meta":{{{}}}}})", mcp::gateway_envelope(context_.version)));
    case EraStep::Initialize: return ask(mcp::Method::Initialize, initialize_params_);
    case EraStep::TakeDiscovery: return introduce(discovered_);
    case EraStep::TakeInitialize: return introduce(initialized_);
    case EraStep::Fail:
      probe_.reset();
      memory_.era.reset();
      return owner_.on_greeting_failed(failure_);
  }
}

void Introduction::introduce(std::optional<mcp::Handshake>& handshake) {
  probe_.reset();
  memory_.era = handshake->era();
  owner_.on_greeted(*std::exchange(handshake, std::nullopt));
}

void Introduction::ask(mcp::Method method, std::string params) {
  auto const may_be_ignored = method == mcp::Method::ServerDiscover && !known().certain;
  auto greeting = std::make_unique<Greeting>(method, std::move(params),
                                             may_be_ignored ? Duration(config_.start_timeout) : OwnQuestion::kUnlimited,
                                             static_cast<Greeting::Owner&>(*this));
  auto const request = greeting->request();
  book_.send_at_once(book_.arrived(std::move(greeting), request), request);
}

}  // namespace gateway::backend
