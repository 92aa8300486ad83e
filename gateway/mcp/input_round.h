// What a server of the stateless revision needs of its client before it can answer, where the client has a session:
// requests to that client, and then the same request again. (MCP 2026-07-28, Multi Round-Trip Requests.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/method.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// One request for the client. Raw JSON.
struct NeededInput {
  std::string key;  ///< its name among the responses, without quotes
  Method method = Method::Other;
  std::string params;    ///< an object on one line
  std::string response;  ///< the client's result, once it is there
};

/// An InputRequiredResult.
struct InputRound {
  std::vector<NeededInput> needed;
  std::string state;  ///< a raw JSON string, to be given back as it is; empty: none
};

/// Nothing where the result asks for nothing, for very much at once, or for what is no request to a client.
[[nodiscard]] std::optional<InputRound> read_input_round(std::string_view raw_result);

/// Why a client with these capabilities (a raw object) cannot be asked for it, as a sentence; empty where it can.
[[nodiscard]] std::string why_not_asked(NeededInput const& needed, std::string_view capabilities, Revision revision);

/// The params of the request to the client. Revision 2025-11-25 names each visit to a URL: `elicitation_id`.
[[nodiscard]] std::string params_for_client(NeededInput const& needed, std::string_view elicitation_id);

/// The params of the request that is sent again: the original ones, with the responses and the state.
[[nodiscard]] std::string params_with_input(std::string_view raw_params, InputRound const& round);

}  // namespace gateway::mcp
