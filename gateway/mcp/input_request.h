// What a server needs of its client in the middle of a request, in the form of the stateless revision.
// (MCP 2026-07-28, Multi Round-Trip Requests.)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/bridged_reply.h"
#include "gateway/mcp/method.h"

namespace gateway::mcp {

/// One request of the server for its client.
struct InputRequest {
  std::string key;  ///< its name in inputRequests and inputResponses
  Method method = Method::Other;
  std::string raw_params;  ///< as `params_for_input` gives them
};

/// Whether the answer to such a request may be that more input is needed.
[[nodiscard]] bool may_need_input(Method request);

/// Whether a server with sessions may ask its client something because of such a request, or may say of it what
/// concerns nobody else. Lists and the like do not.
[[nodiscard]] bool may_ask(Method request);

/// Whether a client with these capabilities (a raw object) may be asked that.
[[nodiscard]] bool can_be_asked(std::string_view raw_capabilities, Method asked, std::string_view raw_params);

/// The capability that a client needs for that: a raw ClientCapabilities object, constant. Empty for other methods.
[[nodiscard]] std::string_view required_capability(Method asked, std::string_view raw_params);

/// The params of a request of a server with sessions, without what only sessions have.
[[nodiscard]] std::string params_for_input(std::string_view raw_params);

/// The raw result that asks the client. Each key is plain ASCII.
[[nodiscard]] std::string input_required(std::vector<InputRequest> const& requests, std::string_view state);

/// Whether the raw value is a result of such a request.
[[nodiscard]] bool is_input_response(Method asked, std::string_view raw_value);

/// The raw result that asks the client to visit the URLs that an error of a server with sessions names, after which
/// it repeats the request; empty where the error is another. (MCP 2025-11-25, Elicitation, URL Elicitation Required.)
[[nodiscard]] std::string input_required_by(std::string_view raw_error);

/// How a call ends for which the client's input is missing. A tool that could not do its work says so in its result,
/// where the client's model reads it.
[[nodiscard]] BridgedReply lacks_input(Method request, std::string_view why);

}  // namespace gateway::mcp
