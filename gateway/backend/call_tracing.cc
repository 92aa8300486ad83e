#include "gateway/backend/call_tracing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using trace::SpanKind;
using trace::TraceSpan;

namespace {

/// A client's id may be of any size.
constexpr std::size_t kLongestId = 128;

bool is_failure(Outcome outcome) {
  switch (outcome) {
    case Outcome::ToolError:
    case Outcome::RpcError:
    case Outcome::MethodNotFound:
    case Outcome::Timeout:
    case Outcome::ChildExited:
    case Outcome::Unavailable:
    case Outcome::Busy: return true;
    case Outcome::Ok:
    case Outcome::Cancelled:
    case Outcome::Forbidden:
    case Outcome::MissingScope:
    case Outcome::Limited:
    case Outcome::Invalid: return false;
  }
  return false;
}

/// What both spans of a call say of it. (OpenTelemetry, semantic conventions for MCP.)
TraceSpan span_of(Call const& call, SpanKind kind, std::string_view server) {
  auto const method = label(call.method);
  auto const tool = call.method == mcp::Method::ToolsCall ? std::string_view(call.subject) : std::string_view{};
  TraceSpan span;
  span.kind = kind;
  span.name = tool.empty() ? std::string(method) : fmt::format("{} {}", method, tool);
  span.add("mcp.method.name", method);
  if (!tool.empty()) {
    span.add("gen_ai.operation.name", "execute_tool");
    span.add("gen_ai.tool.name", tool);
  }
  span.add("mcp_gateway.server", server);
  return span;
}

void add_outcome(TraceSpan& span, Outcome outcome, std::optional<int> rpc_code) {
  span.failed = is_failure(outcome);
  if (rpc_code) span.add("rpc.response.status_code", fmt::format("{}", *rpc_code));
  if (!span.failed) return;
  auto const says_code = (outcome == Outcome::RpcError || outcome == Outcome::MethodNotFound) && rpc_code;
  span.add("error.type", says_code ? fmt::format("{}", *rpc_code) : std::string(label(outcome)));
}

}  // namespace

void CallTracing::begin(Call& call, mcp::Params const& params, mcp::TraceAround const& around) {
  auto& tracer = context_.tracer;
  auto named = params.meta.empty() ? mcp::MetaTrace{} : mcp::read_meta_trace(params.meta);
  auto const in_message = tracer.read(named.traceparent);
  auto const belongs = choose_parent(in_message, around.context);
  if (!belongs.parent) return;
  auto trace = std::make_unique<mcp::CallTrace>();
  trace->own = belongs.parent->sampled ? tracer.child_of(belongs.parent) : *belongs.parent;
  trace->parent = belongs.parent;
  trace->link = belongs.link;
  trace->named_in_message = in_message.has_value();
  trace->tracestate = in_message ? std::move(named.tracestate) : std::string(around.tracestate);
  call.trace = std::move(trace);
}

std::string CallTracing::params_for_child(mcp::CallTrace& trace, std::string_view params) {
  auto& tracer = context_.tracer;
  if (trace.own.sampled) trace.at_child = tracer.new_span();
  trace.given_on = true;
  // What the client's message says already holds, where nobody records it.
  if (!tracer.propagates() || (!trace.own.sampled && trace.named_in_message)) return {};
  auto const context = trace.own.sampled ? TraceContext{trace.own.trace, trace.at_child, true} : trace.own;
  auto const own_state = trace.named_in_message ? mcp::OwnState::Keep : mcp::OwnState::Replace;
  return mcp::with_trace(params, traceparent(context), own_state, trace.tracestate);
}

/// A call that was not chosen when it began is recorded all the same when it fails or
/// was slow, as a trace of its own: nobody was told of it, so nothing is torn.
CallTracing::Names CallTracing::end(Call const& call, Outcome outcome, Duration took, std::optional<int> rpc_code) {
  auto& tracer = context_.tracer;
  auto const* const trace = call.trace.get();
  auto const now = context_.loop.now();
  if (trace != nullptr && !trace->own.sampled) return {hex(trace->own.trace), {}};
  if (trace == nullptr && !((is_failure(outcome) || tracer.is_slow(took)) && tracer.may_record_late(now))) return {};

  auto span = span_of(call, SpanKind::Server, config_.name);
  span.context = trace != nullptr ? trace->own : tracer.child_of(std::nullopt);
  if (trace != nullptr) {
    span.parent = trace->parent ? trace->parent->span : SpanId{};
    span.link = trace->link;
    span.tracestate = trace->tracestate;
  }
  span.ended_ns = tracer.unix_ns(now);
  span.started_ns = span.ended_ns - took.count();
  if (auto const* const session = context_.sessions.find(call.to.session)) {
    // The hash: the id itself lets in. A POST without a session has none.
    if (!session->log_id.empty()) span.add("mcp.session.id", session->log_id);
    span.add("mcp.protocol.version", to_text(session->revision));
  }
  span.add("jsonrpc.request.id", rpc::unquote(std::string_view(call.client_id).substr(0, kLongestId)));
  span.add("network.transport", "tcp");
  span.add("network.protocol.name", "http");
  span.add("mcp_gateway.request_id", call.request_id.view());
  add_outcome(span, outcome, rpc_code);
  Names const names{hex(span.context.trace), hex(span.context.span)};
  if (call.sent != TimePoint{}) {
    auto asked = span_of(call, SpanKind::Client, config_.name);
    asked.context = {span.context.trace,
                     trace != nullptr && trace->at_child != SpanId{} ? trace->at_child : tracer.new_span(), true};
    asked.parent = span.context.span;
    asked.tracestate = span.tracestate;
    asked.started_ns = span.ended_ns - std::max(now - call.sent, Duration{}).count();
    asked.ended_ns = span.ended_ns;
    asked.add("network.transport", "pipe");
    if (!child_revision_.empty()) asked.add("mcp.protocol.version", child_revision_);
    add_outcome(asked, outcome, rpc_code);
    tracer.record(std::move(asked));
  }
  tracer.record(std::move(span));
  return names;
}

}  // namespace gateway::backend
