#include "gateway/frontend/visit.h"

#include <fmt/format.h>

#include "gateway/base/ascii.h"
#include "gateway/mcp/client_id.h"

namespace gateway::frontend {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string_view essence(std::string_view media_type) { return trimmed(media_type.substr(0, media_type.find(';'))); }

}  // namespace

ClientId Visit::client() const {
  auto const& name = principal->id.name;
  return name.empty() ? mcp::client_at(exchange.address()) : mcp::client_named(name);
}

void Visit::reply(int status, std::string_view more_fields) const {
  if (more_fields.empty()) {
    return exchange.respond({.status = status, .content_type = {}, .fields = fields, .body = {}});
  }
  exchange.respond(
      {.status = status, .content_type = {}, .fields = fmt::format("{}{}", fields, more_fields), .body = {}});
}

void Visit::reply_json(int status, std::string_view json, std::string_view more_fields) const {
  exchange.respond({.status = status,
                    .content_type = "application/json",
                    .fields = fmt::format("{}{}", fields, more_fields),
                    .body = {&json, 1}});
}

void Visit::reply_error(int status, rpc::ErrorCode code, std::string_view message, std::string_view raw_id) const {
  reply_json(status, rpc::error_message(raw_id, code, message));
}

void Visit::reply_refused(mcp::Refusal const& refusal, std::string_view raw_id) const {
  if (refusal.outcome == mcp::Outcome::Invalid)
    return reply_error(400, rpc::ErrorCode::BadRequest, refusal.why, raw_id);
  if (refusal.outcome == mcp::Outcome::Forbidden)
    return reply_error(403, rpc::ErrorCode::BadRequest, refusal.why, raw_id);
  constexpr std::string_view kData = R"({"reason":"no_session","retryable":true})";
  reply_json(503, rpc::error_message(raw_id, rpc::ErrorCode::InternalError, refusal.why, kData));
}

void Visit::reply_unreadable(rpc::Unreadable const& unreadable) const {
  reply_error(400, unreadable.code, unreadable.why, unreadable.id);
}

void Visit::reply_not_allowed(std::string_view allow) const {
  auto const speaks_mcp = allow.find("POST") != allow.npos;
  auto const why = fmt::format("Method Not Allowed: expected one of {}{}", allow,
                               speaks_mcp ? "; this is an MCP endpoint; clients POST their messages to it" : "");
  reply_json(405, rpc::error_message({}, rpc::ErrorCode::BadRequest, why), fmt::format("Allow: {}\r\n", allow));
}

Accepts accepts(http::RequestHead const& head) {
  constexpr std::string_view kUsual = "application/json, text/event-stream";
  Accepts accepted;
  auto any = false;
  for (auto const& field : head.fields()) {
    if (!equal_ignoring_case(field.name, "accept")) continue;
    any = true;
    auto list = field.value;
    if (list == kUsual) {
      accepted = {.json = true, .sse = true};
      continue;
    }
    while (!list.empty()) {
      auto const comma = list.find(',');
      auto const type = essence(list.substr(0, comma));
      auto const all = type == "*/*";
      accepted.json |= all || equal_ignoring_case(type, "application/json") || type == "application/*";
      accepted.sse |= equal_ignoring_case(type, "text/event-stream") || type == "text/*" || all;
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  // curl and health checks name nothing in particular: they get one whole answer.
  if (!any) return {.json = true, .sse = true};
  return accepted;
}

mcp::HeaderValue value_of(http::RequestHead const& head, std::string_view lower_name) {
  auto const [value, repeated] = head.look_up(lower_name);
  return {value, repeated};
}

bool is_json(http::RequestHead const& head) {
  auto const encoding = head.find("content-encoding");
  if (encoding && !equal_ignoring_case(*encoding, "identity")) return false;
  auto const type = head.find("content-type");
  return type && equal_ignoring_case(essence(*type), "application/json");
}

}  // namespace gateway::frontend
