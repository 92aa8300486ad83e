#include "gateway/backend/call_recorder.h"

#include <algorithm>

#include "gateway/backend/service_guards.h"
#include "gateway/mcp/labels.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;

void CallRecorder::ended(Call const& call, End const& end) {
  auto const* const session = context_.sessions.find(call.to.session);
  auto const transport = session == nullptr ? std::string_view("oneshot") : label(session->transport);
  auto const took = context_.loop.right_now() - call.started;
  auto const is_tool = call.method == mcp::Method::ToolsCall;
  auto const status = context_.clients.status_of(call.to, end.outcome);
  count(call, end, transport, status, took);
  if (call.audited) audit(call, end);
  auto const traced = tracing_.on() ? tracing_.end(call, end.outcome, took, end.rpc_code) : CallTracing::Names{};
  auto const now = context_.loop.now();
  auto const was_sent = call.sent != TimePoint{};
  auto const waited = (was_sent ? call.sent : now) - call.queued;
  using log::Label;
  using log::member;
  context_.log.record<"request.done", "request done">(
      member<"server">(Label{config_.name}), member<"transport">(Label{transport}),
      member<"method">(Label{label(call.method)}),
      member<"tool">(is_tool ? std::string_view(call.subject) : std::string_view{}),
      member<"outcome">(Label{label(end.outcome)}), member<"reason">(Label{end.reason}), member<"code">(status),
      member<"rpc_code">(end.rpc_code), member<"duration_ms">(took),
      member<"child_ms">(was_sent ? std::optional(now - call.sent) : std::nullopt),
      member<"queue_ms">(call.queued != TimePoint{} ? std::optional(waited) : std::nullopt),
      member<"bytes_in">(call.bytes_in), member<"bytes_out">(end.bytes_out),
      member<"session">(Label{session == nullptr ? std::string_view{} : std::string_view(session->log_id)}),
      // The issuer, or whoever made a certificate, chose it.
      member<"principal">(session == nullptr ? std::string_view{} : std::string_view(session->principal.name)),
      member<"request_id">(Label{call.request_id.view()}), member<"trace_id">(Label{traced.trace}),
      member<"span_id">(Label{traced.span}));
}

/// Who called what: kept apart from the access record, for other readers.
void CallRecorder::audit(Call const& call, End const& end) {
  auto const* const session = context_.sessions.find(call.to.session);
  // What was sent is not refused by us, though a child may find it invalid.
  auto const by_rule = end.outcome == Outcome::Forbidden || end.outcome == Outcome::MissingScope ||
                       end.outcome == Outcome::Limited || end.reason == kCircuitOpen || end.reason == kToolsNotPinned;
  auto const refused =
      by_rule || end.outcome == Outcome::Busy || (end.outcome == Outcome::Invalid && call.sent == TimePoint{});
  context_.log.audit(
      "audit.call", "tool called",
      {{"server", config_.name},
       {"tool", call.audited->tool},
       {"decision", refused ? "refused" : "allowed"},
       {"outcome", label(end.outcome)},
       {"reason", end.reason},
       {"arguments", call.audited->arguments},
       {"bytes_out", end.bytes_out},
       {"session", session == nullptr ? std::string_view{} : std::string_view(session->log_id)},
       {"principal", session == nullptr ? std::string_view{} : std::string_view(session->principal.name)},
       {"credential", to_text(session == nullptr ? Credential::None : session->principal.credential)},
       {"remote", call.audited->remote},
       {"request_id", call.request_id.view()}});
}

/// The metrics of one request.
void CallRecorder::count(Call const& call, End const& end, std::string_view transport, std::optional<int> status,
                         Duration took) {
  auto const is_tool = call.method == mcp::Method::ToolsCall;
  auto const was_sent = call.sent != TimePoint{};
  auto const ended = call.started + took;
  metrics_.call_ended({.transport = transport,
                       .method = label(call.method),
                       .outcome = label(end.outcome),
                       .code = status,
                       .rpc_code = end.rpc_code,
                       .tool = is_tool ? std::string_view(call.subject) : std::string_view{},
                       .took = took,
                       // It was the child's until this turn began; what the turn itself takes is ours.
                       .at_child = was_sent ? std::max(context_.loop.now() - call.sent, Duration{}) : Duration{},
                       .waited = call.queued != TimePoint{} ? (was_sent ? call.sent : ended) - call.queued : Duration{},
                       .bytes_in = call.bytes_in,
                       .bytes_out = end.bytes_out});
}

}  // namespace gateway::backend
