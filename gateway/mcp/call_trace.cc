#include "gateway/mcp/call_trace.h"

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

void append_member(std::string& out, std::string_view raw_key, std::string_view raw_value) {
  if (out.back() != '{') out.push_back(',');
  out.append("\"").append(raw_key).append("\":").append(raw_value);
}

/// Nothing in either needs an escape.
void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_member(out, key, std::string("\"").append(text).append("\""));
}

std::string meta_with_trace(std::string_view meta, std::string_view traceparent, OwnState own,
                            std::string_view tracestate) {
  std::string out = "{";
  rpc::MemberWalk walk(meta);
  while (auto const member = walk.next()) {
    if (member->is("traceparent") || (member->is("tracestate") && own == OwnState::Replace)) continue;
    append_member(out, member->key, member->value);
  }
  append_text(out, "traceparent", traceparent);
  if (!tracestate.empty() && own == OwnState::Replace) append_text(out, "tracestate", tracestate);
  return out.append("}");
}

}  // namespace

MetaTrace read_meta_trace(std::string_view meta) {
  MetaTrace found;
  rpc::MemberWalk walk(meta);
  while (auto const member = walk.next()) {
    if (!rpc::is_string(member->value)) continue;
    if (member->is("traceparent")) found.traceparent = rpc::unquote(member->value);
    if (member->is("tracestate")) found.tracestate = rpc::unquote(member->value);
  }
  return found;
}

std::string with_trace(std::string_view params, std::string_view traceparent, OwnState own,
                       std::string_view tracestate) {
  if (params.empty()) params = "{}";
  if (!rpc::is_object(params)) return std::string(params);
  std::string out = "{";
  auto placed = false;
  rpc::MemberWalk walk(params);
  while (auto const member = walk.next()) {
    if (!member->is("_meta")) {
      append_member(out, member->key, member->value);
      continue;
    }
    if (!rpc::is_object(member->value)) return std::string(params);
    append_member(out, member->key, meta_with_trace(member->value, traceparent, own, tracestate));
    placed = true;
  }
  if (!placed) append_member(out, "_meta", meta_with_trace("{}", traceparent, OwnState::Replace, tracestate));
  return out.append("}");
}

}  // namespace gateway::mcp
