// A request as text, to be read again later or elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/request_head.h"

namespace gateway::http {

/// The head as it would be sent, up to its empty line.
[[nodiscard]] std::string head_text(RequestHead const& head);

/// The whole request, its body in one piece, whatever pieces it came in.
[[nodiscard]] std::string request_text(RequestHead const& head, std::string_view body);

}  // namespace gateway::http
