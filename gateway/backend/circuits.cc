#include "gateway/backend/circuits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

using config::CallFailure;
using mcp::CircuitPermit;
using mcp::Outcome;

namespace {

/// A permit is the place of its circuit, and what that circuit calls it.
constexpr unsigned kPlaceShift = 24;
static_assert(CircuitBreaker::kLastPermit >> kPlaceShift == 0);
/// More tools than this share the service's. Unlike the name of a call, a tool's is the server's, which may have many.
constexpr std::size_t kMostCircuits = 256;
/// The tool of a call that is not in the list of tools.
constexpr std::string_view kUnknownTool = "_other";

/// Errors by which a server says that the request is at fault, or that its client is to do something first.
bool blames_the_request(int rpc_code) {
  constexpr int kResourceNotFound = -32002;
  constexpr int kUrlElicitationRequired = -32042;
  switch (static_cast<rpc::ErrorCode>(rpc_code)) {
    case rpc::ErrorCode::ParseError:
    case rpc::ErrorCode::InvalidRequest:
    case rpc::ErrorCode::MethodNotFound:
    case rpc::ErrorCode::InvalidParams:
    case rpc::ErrorCode::HeaderMismatch:
    case rpc::ErrorCode::MissingClientCapability:
    case rpc::ErrorCode::UnsupportedProtocolVersion: return true;
    case rpc::ErrorCode::InternalError:
    case rpc::ErrorCode::SessionNotFound:
    case rpc::ErrorCode::BadRequest: return false;
  }
  return rpc_code == kResourceNotFound || rpc_code == kUrlElicitationRequired;
}

double seconds_of(Duration duration) { return to_ms(duration) / 1000; }

}  // namespace

CircuitVerdict verdict_of(std::vector<CallFailure> const& failures, Outcome outcome, std::optional<int> rpc_code) {
  auto const if_counted = [&](CallFailure kind, CircuitVerdict otherwise) {
    auto const counted = std::find(failures.begin(), failures.end(), kind) != failures.end();
    return counted ? CircuitVerdict::Failure : otherwise;
  };
  switch (outcome) {
    case Outcome::Ok: return CircuitVerdict::Success;
    // It has answered, whatever it said.
    case Outcome::ToolError: return if_counted(CallFailure::ToolError, CircuitVerdict::Success);
    case Outcome::Timeout: return if_counted(CallFailure::Timeout, CircuitVerdict::Neither);
    case Outcome::ChildExited: return if_counted(CallFailure::ChildExited, CircuitVerdict::Neither);
    case Outcome::Unavailable: return if_counted(CallFailure::Unavailable, CircuitVerdict::Neither);
    case Outcome::RpcError: {
      auto const code = rpc_code.value_or(0);
      if (blames_the_request(code)) return CircuitVerdict::Neither;
      auto const internal = code == static_cast<int>(rpc::ErrorCode::InternalError);
      return if_counted(internal ? CallFailure::InternalError : CallFailure::RpcError, CircuitVerdict::Neither);
    }
    case Outcome::MethodNotFound:
    case Outcome::Busy:
    case Outcome::Cancelled:
    case Outcome::Invalid:
    case Outcome::Forbidden:
    case Outcome::MissingScope:
    case Outcome::Limited: return CircuitVerdict::Neither;
  }
  return CircuitVerdict::Neither;
}

Circuits::Circuits(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics)
    : context_(context), config_(config), settings_(*config.circuit_breaker), metrics_(metrics) {
  (void)add({});
}

Circuits::Circuit& Circuits::add(std::string_view tool) {
  metrics_.circuit_begins(tool);
  return circuits_.emplace_back(Circuit{std::string(tool), CircuitBreaker(settings_, config_.call_timeout)});
}

bool Circuits::guards(mcp::Method method) {
  return method == mcp::Method::ToolsCall || method == mcp::Method::ResourcesRead ||
         method == mcp::Method::PromptsGet || method == mcp::Method::CompletionComplete;
}

// ── which ────────────────────────────────────────────────────────────────────

bool Circuits::has_its_own(std::string_view tool) const {
  if (tool.empty() || tool == kUnknownTool) return false;
  return std::any_of(settings_.tools.begin(), settings_.tools.end(),
                     [&](auto const& name) { return name == "*" || name == tool; });
}

Circuits::Index Circuits::index_of(std::string_view tool) {
  if (settings_.tools.empty() || !has_its_own(tool)) return 0;
  auto const found = by_tool_.find(tool);
  if (found != by_tool_.end()) return found->second;
  if (circuits_.size() >= kMostCircuits) return 0;
  (void)add(tool);
  return by_tool_.emplace(tool, circuits_.size() - 1).first->second;
}

Circuits::Circuit const& Circuits::known(std::string_view tool) const {
  auto const found = by_tool_.find(tool);
  return found == by_tool_.end() ? circuits_.front() : circuits_[found->second];
}

// ── calls ────────────────────────────────────────────────────────────────────

/// Whatever may change its state is done by this, so that no change goes unsaid.
template <typename F>
auto Circuits::change(Circuit& circuit, F&& action) {
  auto const before = circuit.breaker.state();
  auto result = action(circuit.breaker);
  if (circuit.breaker.state() != before) tell(circuit, before);
  return result;
}

CircuitPermit Circuits::admit(std::string_view tool) {
  auto const index = index_of(tool);
  auto const permit =
      change(circuits_[index], [&](CircuitBreaker& breaker) { return breaker.admit(context_.loop.now()); });
  if (permit == CircuitBreaker::kNone) return CircuitPermit{};
  return CircuitPermit{(static_cast<std::uint32_t>(index) << kPlaceShift) | permit};
}

Circuits::Rejection Circuits::rejection(std::string_view tool) const {
  auto const& circuit = known(tool);
  auto const wait = circuit.breaker.retry_after(context_.loop.now());
  auto const whose = circuit.tool.empty() ? fmt::format("the server '{}'", config_.name)
                                          : fmt::format("the tool '{}' of the server '{}'", circuit.tool, config_.name);
  auto why = circuit.breaker.state() == CircuitState::HalfOpen
                 ? fmt::format("{} fails and is being tried again", whose)
                 : fmt::format("{} fails and is not called for the next {:.1f} s: {}", whose, seconds_of(wait),
                               circuit.breaker.why());
  return {.tool = circuit.tool, .why = std::move(why), .retry_after = wait};
}

void Circuits::ended(CircuitPermit permit, Outcome outcome, std::optional<int> rpc_code) {
  auto const place = static_cast<std::uint32_t>(permit) >> kPlaceShift;
  auto const verdict = verdict_of(settings_.failures, outcome, rpc_code);
  if (permit == CircuitPermit{} || place >= circuits_.size()) return;
  (void)change(circuits_[place], [&](CircuitBreaker& breaker) {
    breaker.ended(static_cast<std::uint32_t>(permit) & CircuitBreaker::kLastPermit, verdict, context_.loop.now());
    return true;
  });
}

void Circuits::excuse(CircuitPermit permit) { ended(permit, Outcome::Cancelled, std::nullopt); }

void Circuits::tick() {
  for (auto& circuit : circuits_) {
    (void)change(circuit, [&](CircuitBreaker& breaker) {
      breaker.tick(context_.loop.now());
      return true;
    });
  }
}

std::size_t Circuits::reset() {
  std::size_t were_not_closed = 0;
  for (auto& circuit : circuits_) {
    if (circuit.breaker.state() != CircuitState::Closed) ++were_not_closed;
    (void)change(circuit, [&](CircuitBreaker& breaker) {
      breaker.reset();
      return true;
    });
  }
  return were_not_closed;
}

// ── what is told ─────────────────────────────────────────────────────────────

void Circuits::show_end() const {
  for (auto const& circuit : circuits_) metrics_.circuit_is(circuit.tool, static_cast<int>(CircuitState::Closed));
}

void Circuits::show() const {
  for (auto const& circuit : circuits_) {
    metrics_.circuit_is(circuit.tool, static_cast<int>(circuit.breaker.state()));
  }
}

void Circuits::tell(Circuit const& circuit, CircuitState before) {
  auto const state = circuit.breaker.state();
  metrics_.circuit_entered(circuit.tool, to_text(state), static_cast<int>(state));
  switch (state) {
    case CircuitState::Open:
      return context_.log.warn("circuit.open", "calls are rejected: too many have failed",
                               {{"server", config_.name},
                                {"tool", circuit.tool},
                                {"reason", circuit.breaker.why()},
                                {"was", to_text(before)},
                                {"wait_ms", to_ms(circuit.breaker.wait())}});
    case CircuitState::HalfOpen:
      return context_.log.info("circuit.half_open", "the next call is let through, to see whether it fails",
                               {{"server", config_.name}, {"tool", circuit.tool}});
    case CircuitState::Closed:
      return context_.log.info("circuit.closed", "calls are let through again",
                               {{"server", config_.name}, {"tool", circuit.tool}, {"was", to_text(before)}});
  }
}

health::CircuitHealth Circuits::health_of(Circuit const& circuit) const {
  auto const state = circuit.breaker.state();
  health::CircuitHealth health;
  health.tool = circuit.tool;
  health.state = to_text(state);
  health.reason = circuit.breaker.why();
  if (state == CircuitState::Open) {
    health.retry_after_seconds = seconds_of(circuit.breaker.retry_after(context_.loop.now()));
  }
  return health;
}

void Circuits::add_to(health::ServiceHealth& health) const {
  for (auto const& circuit : circuits_) {
    auto const state = circuit.breaker.state();
    if (circuit.tool.empty() || state != CircuitState::Closed) health.circuits.push_back(health_of(circuit));
    if (state == CircuitState::Closed) continue;
    auto const all_rejected = circuit.tool.empty() && state == CircuitState::Open;
    health.status =
        std::max(health.status, all_rejected ? health::HealthStatus::Unhealthy : health::HealthStatus::Degraded);
    auto const calls = circuit.tool.empty() ? std::string("calls") : fmt::format("calls of {}", circuit.tool);
    auto const what = state == CircuitState::Open
                          ? fmt::format("{} are rejected, the circuit is open: {}", calls, circuit.breaker.why())
                          : fmt::format("{} are tried again, the circuit is half-open", calls);
    health.reason += (health.reason.empty() ? "" : "; ") + what;
  }
}

}  // namespace gateway::backend
