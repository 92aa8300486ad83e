// What the answer to a POST means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/rpc/message.h"

namespace gateway::remote {

enum class BodyForm { Json, Events, Other };

/// By its content type.
[[nodiscard]] BodyForm form_of(std::string_view content_type);

enum class Verdict {
  Taken,         ///< 2xx
  SessionGone,   ///< the server does not know the session: it carried nothing out
  Moved,         ///< to another URL: the same
  Unauthorized,  ///< 401
  Refused,       ///< anything else
};

/// `with_session`: the request named a session. Some servers say 400 of one they do not know, where 404 is right; an error
/// for the request itself, with its id, `raw_id`, is no such answer.
[[nodiscard]] Verdict judge(int status, bool with_session, std::string_view body, std::string_view raw_id = {});

/// Whether a server that answers so to the first request may be one of 2024-11-05, which is asked by GET.
/// (MCP 2025-11-25, Transports, Backwards Compatibility.)
[[nodiscard]] bool may_be_of_events(int status);

/// The raw error of a body that is a JSON-RPC error as the protocol has it: a client may refuse, or not find, another.
/// Empty for others.
[[nodiscard]] std::string_view rpc_error_in(std::string_view body);

/// Reads one line of a server. Nothing when it is no valid JSON, or no JSON-RPC message.
[[nodiscard]] std::optional<rpc::Message> read_server_message(std::string_view line);

/// The raw id of a message in the one spelling of its value: a server may write another than the client did.
[[nodiscard]] std::string same_id(std::string_view raw_id);

/// One message on one line; `raw` is what a server sent.
[[nodiscard]] std::string on_one_line(std::string_view raw);

}  // namespace gateway::remote
