#include "gateway/frontend/client_streams.h"

#include <string_view>
#include <utility>

namespace gateway::frontend {

namespace {

/// How long a client that lost its stream waits before it comes back.
constexpr int kRetryMs = 1000;

}  // namespace

void ClientStreams::keep(EventId id, std::string message, config::LimitsConfig const& limits) {
  if (!replay) replay = std::make_unique<ReplayLog>(limits.replay_events, limits.replay_bytes);
  replay->add(id, std::move(message));
}

bool ClientStreams::has_kept(std::uint64_t stream) const {
  auto found = false;
  if (replay) replay->for_each_after({stream, 0}, [&](auto const&) { found = true; });
  return found;
}

void ClientStreams::replay_after(EventId last, http::Exchange& to) const {
  if (!replay) return;
  replay->for_each_after(last, [&](ReplayLog::Event const& event) {
    std::string_view const data = event.message;
    to.send_event({.event = "message", .id = event.id.text(), .data = {&data, 1}});
  });
}

void send_priming_event(http::Exchange& stream, EventId at) {
  stream.send_event({.event = {}, .id = at.text(), .data = {}});
  stream.send_retry(kRetryMs);
}

}  // namespace gateway::frontend
