// Why a request has no answer of its server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/fetch/exchange.h"

namespace gateway::remote {

struct Trouble {
  enum class Kind { Unreachable, HttpStatus, Unauthorized, ConnectionLost, Timeout, BadAnswer, SessionLost, Stopping };
  Kind kind = Kind::Unreachable;
  std::string what{};         ///< what was found, in words
  bool may_have_run = false;  ///< the server got the request, and nobody knows what became of it
  int status = 0;             ///< of the HTTP answer; 0 without one
  std::optional<std::uint64_t> retry_after_ms{};
};

/// The word for `data.reason`.
[[nodiscard]] std::string_view to_text(Trouble::Kind kind);

/// What a connection that failed means for a request that was sent over it.
[[nodiscard]] Trouble trouble_of(fetch::Failure const& failure);

/// What an answer with another status than 2xx means; `body` may be cut off.
[[nodiscard]] Trouble trouble_of(fetch::Head const& head, std::string_view body);

/// As a sentence about the server at `shown`.
[[nodiscard]] std::string sentence(std::string_view shown, Trouble const& trouble);

/// The JSON-RPC error that answers the request with that raw id.
[[nodiscard]] std::string error_answer(std::string_view raw_id, std::string_view shown, Trouble const& trouble);

}  // namespace gateway::remote
