#include "gateway/mcp/envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

using namespace envelope_key;
using rpc::is_object;
using rpc::is_string;

struct Members {
  std::string_view version;
  std::string_view capabilities;
  std::string_view client_info;
  std::string_view log_level;
};

struct EnvelopeSlot {
  std::string_view name;
  std::string_view Members::*value;
};
constexpr auto kEnvelopeSlots = std::to_array<EnvelopeSlot>({
    {kProtocolVersion, &Members::version},
    {kClientInfo, &Members::client_info},
    {kClientCapabilities, &Members::capabilities},
    {kLogLevel, &Members::log_level},
});

/// The name of a key that is given twice; empty when there is none.
std::string_view read_members(std::string_view raw_meta, Members& members) {
  rpc::MemberWalk walk(raw_meta);
  while (auto const member = walk.next()) {
    auto const slot = std::find_if(kEnvelopeSlots.begin(), kEnvelopeSlots.end(),
                                   [&](EnvelopeSlot const& s) { return member->is(s.name); });
    if (slot == kEnvelopeSlots.end()) continue;
    if (!(members.*slot->value).empty()) return slot->name;
    members.*slot->value = member->value;
  }
  return {};
}

InvalidEnvelope invalid(std::string_view key, std::string_view expected) {
  return {fmt::format("_meta[\"{}\"] must be {}", key, expected)};
}

}  // namespace

bool is_of_envelope(rpc::Member const& member) {
  return std::any_of(kEnvelopeSlots.begin(), kEnvelopeSlots.end(),
                     [&](EnvelopeSlot const& slot) { return member.is(slot.name); });
}

std::variant<std::monostate, Envelope, InvalidEnvelope> read_envelope(std::string_view raw_meta) {
  Members members;
  auto const repeated = is_object(raw_meta) ? read_members(raw_meta, members) : std::string_view{};
  if (!repeated.empty()) return invalid(repeated, "given once");
  if (members.version.empty()) return {};
  if (!is_string(members.version)) return invalid(kProtocolVersion, "a string");
  if (!is_object(members.capabilities)) return invalid(kClientCapabilities, "an object");
  if (!members.client_info.empty() && !is_object(members.client_info)) return invalid(kClientInfo, "an object");

  Envelope envelope{.version = rpc::unquote(members.version),
                    .capabilities = members.capabilities,
                    .client_info = members.client_info,
                    .log_level = {}};
  if (!members.log_level.empty()) {
    if (is_string(members.log_level)) envelope.log_level = log_level_from(rpc::unquote(members.log_level));
    if (!envelope.log_level) {
      return invalid(kLogLevel, "one of debug, info, notice, warning, error, critical, alert, emergency");
    }
  }
  return envelope;
}

}  // namespace gateway::mcp
