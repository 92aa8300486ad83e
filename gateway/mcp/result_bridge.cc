#include "gateway/mcp/result_bridge.h"

#include <fmt/format.h>

#include <string>

#include "gateway/mcp/envelope.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

namespace {

using envelope_key::kServerInfo;
using rpc::ErrorCode;
using rpc::find_member;
using rpc::Member;
using rpc::MemberWalk;

/// Revisions with sessions: a resource that does not exist. (MCP 2025-11-25, Resources, Error Handling.)
constexpr int kResourceNotFound = -32002;
/// Codes that the stateless revision reserves for itself.
constexpr int kReservedFirst = -32099;
constexpr int kReservedLast = -32020;

void append_meta_with_server(std::string& out, std::string_view raw_meta, std::string_view server_info) {
  rpc::ObjectWriter meta(out);
  if (!server_info.empty() && find_member(raw_meta, kServerInfo).empty()) meta.member(kServerInfo).append(server_info);
  MemberWalk walk(raw_meta);
  while (auto const member = walk.next()) meta.member(member->key).append(member->value);
  meta.close();
}

std::string with_code(std::string_view raw_error, int code, std::string_view raw_data = {}) {
  std::string out;
  rpc::ObjectWriter error(out);
  error.member("code").append(std::to_string(code));
  MemberWalk walk(raw_error);
  while (auto const member = walk.next()) {
    if (member->is("code") || (member->is("data") && !raw_data.empty())) continue;
    error.member(member->key).append(member->value);
  }
  if (!raw_data.empty()) error.member("data").append(raw_data);
  error.close();
  return out;
}

/// A client learns which resource it was from `data.uri`.
std::string uri_data(std::string_view raw_error, std::string_view raw_uri) {
  auto const has_uri = !find_member(find_member(raw_error, "data"), "uri").empty();
  return has_uri || raw_uri.empty() ? std::string{} : fmt::format(R"({{"uri":{}}})", raw_uri);
}

/// What a result says itself of what is added for stateless clients.
struct Present {
  bool is_object = false;
  bool is_empty = true;
  bool has_type = false;
  bool is_complete = true;
  bool has_ttl = false;
  bool has_scope = false;
  std::string_view raw_meta;
};

Present look_at(std::string_view raw_result) {
  Present there;
  MemberWalk walk(raw_result);
  while (auto const member = walk.next()) {
    there.is_empty = false;
    if (member->is("resultType")) {
      there.has_type = true;
      there.is_complete = member->value == "\"complete\"";
    }
    there.has_ttl |= member->is("ttlMs");
    there.has_scope |= member->is("cacheScope");
    if (member->is("_meta")) there.raw_meta = member->value;
  }
  there.is_object = walk.ok() && walk.position() == raw_result.size();
  return there;
}

void append_missing(rpc::ObjectWriter& result, Present const& there, StatelessExtras const& extras) {
  if (!there.has_type) result.members(R"("resultType":"complete")");
  auto const is_kept = extras.cache && there.is_complete;
  if (is_kept && !there.has_ttl) result.member("ttlMs").append(std::to_string(extras.cache->ttl_ms));
  if (is_kept && !there.has_scope) {
    result.member("cacheScope").append(extras.cache->is_public ? "\"public\"" : "\"private\"");
  }
  if (!rpc::is_object(there.raw_meta) && !extras.server_info.empty()) {
    result.member("_meta").append("{\"").append(kServerInfo).append("\":").append(extras.server_info).push_back('}');
  }
}

}  // namespace

bool has_cache_hint(Method method) {
  return method == Method::ServerDiscover || method == Method::ToolsList || method == Method::PromptsList ||
         method == Method::ResourcesList || method == Method::ResourceTemplatesList || method == Method::ResourcesRead;
}

void append_for_stateless(std::string& out, std::string_view raw_result, StatelessExtras const& extras) {
  auto const there = look_at(raw_result);
  auto const adds_server = !extras.server_info.empty();
  if (there.is_object && (there.raw_meta.empty() || (rpc::is_object(there.raw_meta) && !adds_server))) {
    // A result can be large: it is copied as a whole, and what is missing goes to its end.
    out.append(raw_result.substr(0, raw_result.size() - 1));
    rpc::ObjectWriter result(out, there.is_empty);
    append_missing(result, there, extras);
    return result.close();
  }
  rpc::ObjectWriter result(out);
  MemberWalk walk(raw_result);
  while (auto const member = walk.next()) {
    if (!member->is("_meta")) {
      result.member(member->key).append(member->value);
    } else if (rpc::is_object(member->value)) {  // else null, which stands for none
      append_meta_with_server(result.member(member->key), member->value, extras.server_info);
    }
  }
  append_missing(result, there, extras);
  result.close();
}

ResultType result_type(std::string_view raw_result) {
  auto const raw = find_member(raw_result, "resultType");
  if (raw.empty()) return ResultType::Complete;
  auto const type = rpc::is_string(raw) ? rpc::unquote(raw) : std::string{};
  if (type == "complete") return ResultType::Complete;
  return type == "input_required" ? ResultType::InputRequired : ResultType::Unknown;
}

void append_for_sessions(std::string& out, std::string_view raw_result) {
  rpc::ObjectWriter result(out);
  MemberWalk walk(raw_result);
  while (auto const member = walk.next()) {
    if (member->is("resultType") || member->is("ttlMs") || member->is("cacheScope")) continue;
    if (!member->is("_meta") || find_member(member->value, kServerInfo).empty()) {
      result.member(member->key).append(member->value);
      continue;
    }
    std::string meta;
    rpc::append_without(meta, member->value, [](Member const& inner) { return inner.is(kServerInfo); });
    if (meta != "{}") result.member(member->key).append(meta);
  }
  result.close();
}

std::string error_for_stateless(std::string_view raw_error, std::string_view raw_uri) {
  auto const code = rpc::error_code(raw_error);
  if (code == kResourceNotFound) {
    return with_code(raw_error, static_cast<int>(ErrorCode::InvalidParams), uri_data(raw_error, raw_uri));
  }
  if (code >= kReservedFirst && code <= kReservedLast) {
    return with_code(raw_error, static_cast<int>(ErrorCode::InternalError));
  }
  return std::string(raw_error);
}

std::string error_for_sessions(std::string_view raw_error, Method method) {
  auto const code = rpc::error_code(raw_error);
  auto const names_uri = !find_member(find_member(raw_error, "data"), "uri").empty();
  if (method == Method::ResourcesRead && code == static_cast<int>(ErrorCode::InvalidParams) && names_uri) {
    return with_code(raw_error, kResourceNotFound);
  }
  if (code >= kReservedFirst && code <= kReservedLast) {
    return with_code(raw_error, static_cast<int>(ErrorCode::InternalError));
  }
  return std::string(raw_error);
}

}  // namespace gateway::mcp
