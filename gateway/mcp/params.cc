#include "gateway/mcp/params.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "gateway/mcp/envelope.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/message.h"

namespace gateway::mcp {

namespace {

using rpc::Member;
using rpc::MemberWalk;

/// A member that is read, and where it goes.
struct Slot {
  std::string_view name;
  std::string_view Params::*value;
};
constexpr auto kSlots = std::to_array<Slot>({
    {"name", &Params::name},
    {"arguments", &Params::arguments},
    {"uri", &Params::uri},
    {"cursor", &Params::cursor},
    {"requestId", &Params::request_id},
    {"level", &Params::level},
    {"task", &Params::task},
    {"progressToken", &Params::progress_token},
    {"_meta", &Params::meta},
});
constexpr auto kMetaSlots = std::to_array<Slot>({{"progressToken", &Params::progress_token}});

/// Stores a member that is one of `slots`. Twice, or in another case, is ambiguous.
void take(Params& params, Member const& member, std::span<Slot const> slots) {
  for (auto const& slot : slots) {
    if (member.is(slot.name)) {
      params.ambiguous |= !(params.*slot.value).empty();
      params.*slot.value = member.value;
      return;
    }
    params.ambiguous |= member.resembles(slot.name);
  }
}

void read_meta(Params& params) {
  if (params.meta.empty()) return;
  MemberWalk walk(params.meta);
  while (auto const member = walk.next()) {
    take(params, *member, kMetaSlots);
    params.has_envelope |= is_of_envelope(*member);
  }
}

/// `token` is empty where nothing is to be replaced.
void append_meta(std::string& out, std::string_view meta, ParamsRewrite const& rewrite, std::string_view token) {
  rpc::ObjectWriter object(out);
  object.members(rewrite.envelope);
  MemberWalk walk(meta);
  while (auto const member = walk.next()) {
    if (!rewrite.keep_envelope && is_of_envelope(*member)) continue;
    auto& to = object.member(member->key);
    if (!token.empty() && member->is("progressToken")) {
      to.append(token);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  object.close();
}

}  // namespace

Params read_params(std::string_view raw) {
  Params params;
  params.raw = raw;
  MemberWalk walk(raw);
  while (auto const member = walk.next()) take(params, *member, kSlots);
  read_meta(params);
  for (auto* const value : {&params.cursor, &params.progress_token}) {
    if (*value == "null") *value = {};
  }
  params.request_id = rpc::plain_id(params.request_id);
  return params;
}

void append_on_one_line(std::string& out, std::string_view raw) {
  auto const from = static_cast<std::ptrdiff_t>(out.size());
  out.append(raw);
  // In valid JSON a raw line end occurs only between tokens; in most there is none.
  for (auto const line_end : {'\n', '\r'}) {
    if (raw.find(line_end) != std::string_view::npos) std::replace(out.begin() + from, out.end(), line_end, ' ');
  }
}

void append_params(std::string& out, Params const& params, ParamsRewrite const& rewrite) {
  auto const token = params.progress_token.empty() ? std::string_view{} : rewrite.progress_token;
  auto const drops_envelope = params.has_envelope && !rewrite.keep_envelope;
  auto const drops_retry = drops_envelope && rewrite.envelope.empty();
  auto const drops_task = rewrite.drop_task && !params.task.empty();
  if (!drops_envelope && !drops_task && token.empty() && rewrite.envelope.empty()) {
    return append_on_one_line(out, params.raw);
  }

  rpc::ObjectWriter object(out);
  auto adds_meta = !rewrite.envelope.empty();
  MemberWalk walk(params.raw);
  while (auto const member = walk.next()) {
    if (drops_task && member->is("task")) continue;
    // To a server with sessions, a retry that is sent as a request of its own brings answers that nobody asked for.
    if (drops_retry && (member->is("inputResponses") || member->is("requestState"))) continue;
    auto& to = object.member(member->key);
    if (member->is("_meta") && (adds_meta || rpc::is_object(member->value))) {
      append_meta(to, member->value, rewrite, token);
      adds_meta = false;
    } else if (!token.empty() && member->is("progressToken")) {
      to.append(token);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  if (adds_meta) append_meta(object.member("_meta"), {}, rewrite, token);
  object.close();
}

}  // namespace gateway::mcp
