// One GET, for commands that ask a running gateway.
#pragma once

#include <chrono>
#include <string>

#include "gateway/base/result.h"
#include "gateway/http/client.h"

namespace gateway::cli {

/// GETs `url`, `http://HOST[:PORT][/PATH]`, and waits at most `patience`. The error is
/// a sentence that names the URL.
Result<http::Answered> http_get(std::string const& url, std::chrono::seconds patience);

}  // namespace gateway::cli
