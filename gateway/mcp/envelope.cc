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

struct EnvelopeSlot {
  std::string_view name;
  std::string_view RawEnvelope::*value;
};
constexpr auto kEnvelopeSlots = std::to_array<EnvelopeSlot>({
    {kProtocolVersion, &RawEnvelope::version},
    {kClientInfo, &RawEnvelope::client_info},
    {kClientCapabilities, &RawEnvelope::capabilities},
    {kLogLevel, &RawEnvelope::log_level},
});

/// Null when the member is not part of the envelope.
EnvelopeSlot const* slot_of(rpc::Member const& member) {
  auto const slot = std::find_if(kEnvelopeSlots.begin(), kEnvelopeSlots.end(),
                                 [&](EnvelopeSlot const& each) { return member.is(each.name); });
  return slot == kEnvelopeSlots.end() ? nullptr : &*slot;
}

InvalidEnvelope invalid(std::string_view key, std::string_view expected) {
  return {fmt::format("_meta[\"{}\"] must be {}", key, expected)};
}

}  // namespace

bool is_of_envelope(rpc::Member const& member) { return slot_of(member) != nullptr; }

bool RawEnvelope::take(rpc::Member const& member) {
  auto const* const slot = slot_of(member);
  if (slot == nullptr) return false;
  auto& value = this->*slot->value;
  if (!value.empty()) repeated = slot->name;
  value = member.value;
  return true;
}

std::variant<std::monostate, Envelope, InvalidEnvelope> read_envelope(RawEnvelope const& raw) {
  if (!raw.repeated.empty()) return invalid(raw.repeated, "given once");
  if (raw.version.empty()) return {};
  if (!is_string(raw.version)) return invalid(kProtocolVersion, "a string");
  if (!is_object(raw.capabilities)) return invalid(kClientCapabilities, "an object");
  if (!raw.client_info.empty() && !is_object(raw.client_info)) return invalid(kClientInfo, "an object");

  Envelope envelope{.version = rpc::unquote(raw.version),
                    .capabilities = raw.capabilities,
                    .client_info = raw.client_info,
                    .log_level = {}};
  if (!raw.log_level.empty()) {
    if (is_string(raw.log_level)) envelope.log_level = log_level_from(rpc::unquote(raw.log_level));
    if (!envelope.log_level) {
      return invalid(kLogLevel, "one of debug, info, notice, warning, error, critical, alert, emergency");
    }
  }
  return envelope;
}

}  // namespace gateway::mcp
