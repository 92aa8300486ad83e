// The `requestState` of results that ask a client for input: how it shows, when it comes back, which call it is about.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/entropy.h"
#include "gateway/base/generation.h"
#include "gateway/base/ids.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/params.h"

namespace gateway::mcp {

/// What it says.
struct RequestState {
  EditionId edition{};     ///< of the service
  ChildId child{};         ///< that has the call
  std::uint64_t trip = 0;  ///< which of that child's calls
  unsigned round = 0;      ///< how often its client was asked
  TimePoint expires;
};

/// What it is good for alone.
struct StateBinding {
  ServiceKey service{};
  std::string_view principal;  ///< of the client
  std::string_view key;        ///< what its key header holds
  std::uint64_t request = 0;   ///< digest of its request
};

/// What a request of a stateless client says of itself, for questions that its answer may hold.
struct RequestMark {
  /// By which its retry is known: of its method and params, members in any order, without `_meta` and what the retry
  /// adds. It is no proof of anything.
  std::uint64_t digest = 0;
  bool shows_state = false;  ///< it is a retry
};
[[nodiscard]] RequestMark mark_of(Method method, Params const& params);

/// Seals and opens request states, with a key of its own: no other process and no client can make one.
/// (MCP 2026-07-28, Multi Round-Trip Requests: servers must protect the integrity of a requestState they rely on.)
class StateSeal {
 public:
  /// `own`: the process's.
  explicit StateSeal(Entropy& entropy, Generation own = {});

  /// The state as text, authenticated together with what it is bound to (HMAC-SHA256).
  [[nodiscard]] std::string seal(RequestState const& state, StateBinding const& binding) const;
  /// The state, whether or not it has expired. Nothing where the text was not sealed here for the same binding.
  [[nodiscard]] std::optional<RequestState> open(std::string_view text, StateBinding const& binding) const;

  /// The process that seems to have sealed it, as raw JSON; nothing for what looks like no state of a gateway.
  [[nodiscard]] static std::optional<Generation> issuer_of(std::string_view raw_text);

 private:
  [[nodiscard]] std::string mac(std::string_view said, StateBinding const& binding) const;

  std::array<unsigned char, 32> key_{};
  Generation own_;
};

}  // namespace gateway::mcp
