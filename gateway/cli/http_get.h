// One GET, for commands that ask a running gateway.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/http/client.h"

namespace gateway::cli {

/// GETs `url`, `http://HOST[:PORT][/PATH]` or https, and waits at most `patience`. The error is
/// a sentence that names the URL.
Result<http::Answered> http_get(std::string const& url, io::TlsTrust const& trust, std::chrono::seconds patience);

/// The beginning of an event stream, up to where `enough` stands in it.
Result<http::Answered> http_get_stream(std::string const& url, io::TlsTrust const& trust, std::string_view enough,
                                       std::chrono::seconds patience);

/// The same with a POST of JSON; `fields` are further header lines, each with its line end.
Result<http::Answered> http_post(std::string const& url, io::TlsTrust const& trust, std::string_view fields,
                                 std::string_view body, std::chrono::seconds patience);

/// What to do where nobody answers.
inline constexpr std::string_view kStartOne =
    "start one with 'mcp-gateway run FILE' or 'mcp-gateway run --admin 9090 -- COMMAND', or give the address of its "
    "admin "
    "listener";

}  // namespace gateway::cli
