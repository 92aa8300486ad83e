// What a request shows to be let in.
#pragma once

#include <string_view>

#include "gateway/auth/denial.h"
#include "gateway/http/request_head.h"

namespace gateway::frontend {

/// The token of a request, or an empty text. `Authorization: Bearer` and `X-API-Key` are both looked at; LiteLLM sends
/// either.
[[nodiscard]] std::string_view shown_token(http::RequestHead const& head);

/// Of a request that shows no token.
[[nodiscard]] auth::Denial denial_without_token(http::RequestHead const& head);

}  // namespace gateway::frontend
