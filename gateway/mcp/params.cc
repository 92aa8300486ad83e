#include "gateway/mcp/params.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "gateway/base/byte_scan.h"
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
/// Only the gateway reads them: doubled ones are no danger.
constexpr auto kRetrySlots = std::to_array<Slot>({
    {"inputResponses", &Params::input_responses},
    {"requestState", &Params::request_state},
});

/// Stores a member that is one of `slots`; false when it is none. Twice, or in another case, is ambiguous.
bool take(Params& params, Member const& member, std::span<Slot const> slots) {
  for (auto const& slot : slots) {
    if (member.is(slot.name)) {
      params.ambiguous |= !(params.*slot.value).empty();
      params.*slot.value = member.value;
      return true;
    }
    params.ambiguous |= member.resembles(slot.name);
  }
  return false;
}

bool take_retry(Params& params, Member const& member) {
  auto const slot = std::ranges::find_if(kRetrySlots, [&](Slot const& each) { return member.is(each.name); });
  if (slot == kRetrySlots.end()) return false;
  params.*slot->value = member.value;
  return true;
}

constexpr auto kLineEnd = [](auto x) { return equals(x, '\n') | equals(x, '\r'); };

bool lies_in(std::string_view whole, std::string_view part) {
  return !part.empty() && part.data() >= whole.data() && part.data() < whole.data() + whole.size();
}

/// `token` is empty where nothing is to be replaced.
void append_meta(std::string& out, Params const& params, ParamsRewrite const& rewrite, std::string_view token) {
  rpc::ObjectWriter object(out);
  object.members(rewrite.envelope);
  if (!rewrite.keep_envelope && !params.meta_has_more) {
    if (lies_in(params.meta, params.progress_token)) {
      object.member("progressToken").append(token.empty() ? params.progress_token : token);
    }
    return object.close();
  }
  MemberWalk walk(params.meta);
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

/// Appends `raw` with what `append_new` appends in the place of its part `old`.
template <typename AppendNew>
void append_with(std::string& out, std::string_view raw, std::string_view old, AppendNew append_new) {
  auto const before = static_cast<std::size_t>(old.data() - raw.data());
  append_on_one_line(out, raw.substr(0, before));
  append_new();
  append_on_one_line(out, raw.substr(before + old.size()));
}

/// What changes, and where.
struct Changes {
  std::string_view token;  ///< in the place of the progress token; empty: none
  bool meta = false;
  bool drops_task = false;
  bool drops_retry = false;

  Changes(Params const& params, ParamsRewrite const& rewrite)
      : token(params.progress_token.empty() ? std::string_view{} : rewrite.progress_token),
        drops_task(rewrite.drop_task && !params.task.empty()) {
    auto const drops_envelope = !params.envelope.is_empty() && !rewrite.keep_envelope;
    meta = drops_envelope || !rewrite.envelope.empty();
    // To a server with sessions, a retry that is sent as a request of its own brings answers that nobody asked for.
    drops_retry =
        drops_envelope && rewrite.envelope.empty() && !(params.input_responses.empty() && params.request_state.empty());
  }
};

/// Member by member, where members are dropped or added.
void append_rebuilt(std::string& out, Params const& params, ParamsRewrite const& rewrite, Changes const& changes) {
  rpc::ObjectWriter object(out);
  auto adds_meta = !rewrite.envelope.empty();
  MemberWalk walk(params.raw);
  while (auto const member = walk.next()) {
    if (changes.drops_task && member->is("task")) continue;
    if (changes.drops_retry && (member->is("inputResponses") || member->is("requestState"))) continue;
    auto& to = object.member(member->key);
    if (member->is("_meta") && (adds_meta || rpc::is_object(member->value))) {
      append_meta(to, params, rewrite, changes.token);
      adds_meta = false;
    } else if (!changes.token.empty() && member->is("progressToken")) {
      to.append(changes.token);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  if (adds_meta) append_meta(object.member("_meta"), params, rewrite, changes.token);
  object.close();
}

}  // namespace

std::size_t ParamsReader::known_object(int depth, Member const& member, std::string_view rest) {
  // Of an envelope that is given twice all is read, to see what is repeated.
  if (known_ == nullptr || !enters(depth, member) || !params_.envelope.is_empty()) return 0;
  auto const found = known_->find(rest);
  params_.envelope = found.envelope;
  return found.bytes;
}

void ParamsReader::on_member(int depth, Member const& member) {
  if (depth > 0) {
    if (!take(params_, member, kMetaSlots) && !params_.envelope.take(member)) params_.meta_has_more = true;
  } else if (!take(params_, member, kSlots) && !take_retry(params_, member)) {
    params_.has_more = true;
  }
}

void ParamsReader::finish(std::string_view raw) {
  params_.raw = raw;
  for (auto* const value : {&params_.cursor, &params_.progress_token}) {
    if (*value == "null") *value = {};
  }
  params_.request_id = rpc::plain_id(params_.request_id);
  auto const only_envelope = !params_.ambiguous && !params_.meta_has_more && params_.progress_token.empty() &&
                             !params_.envelope.is_empty() && params_.envelope.repeated.empty();
  if (known_ != nullptr && only_envelope) known_->keep(params_.meta, params_.envelope);
}

Params read_params(std::string_view raw) {
  Params params;
  ParamsReader reader(params);
  MemberWalk walk(raw);
  while (auto const member = walk.next()) {
    if (reader.enters(0, *member)) {
      MemberWalk inner(member->value);
      while (auto const its = inner.next()) reader.on_member(1, *its);
    }
    reader.on_member(0, *member);
  }
  reader.finish(raw);
  return params;
}

bool is_known_param(Member const& member) {
  auto const is_it = [&](Slot const& slot) { return member.is(slot.name); };
  return std::ranges::any_of(kSlots, is_it) || std::ranges::any_of(kRetrySlots, is_it);
}

void append_on_one_line(std::string& out, std::string_view raw) {
  auto const from = static_cast<std::ptrdiff_t>(out.size());
  out.append(raw);
  // In valid JSON a raw line end occurs only between tokens; in most there is none.
  if (!has_byte(raw, kLineEnd)) return;
  std::replace_if(
      out.begin() + from, out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

void append_params(std::string& out, Params const& params, ParamsRewrite const& rewrite) {
  Changes const changes(params, rewrite);
  auto const members_change = changes.drops_task || changes.drops_retry || params.ambiguous;
  if (changes.meta && !members_change && rpc::is_object(params.meta) &&
      (changes.token.empty() || lies_in(params.meta, params.progress_token))) {
    append_with(out, params.raw, params.meta, [&] { append_meta(out, params, rewrite, changes.token); });
  } else if (changes.meta || members_change) {
    append_rebuilt(out, params, rewrite, changes);
  } else if (!changes.token.empty()) {
    append_with(out, params.raw, params.progress_token, [&] { out.append(changes.token); });
  } else {
    append_on_one_line(out, params.raw);
  }
}

}  // namespace gateway::mcp
