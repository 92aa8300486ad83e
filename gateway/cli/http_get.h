// One GET over HTTP/1.1, for commands that ask a running gateway.
#pragma once

#include <chrono>
#include <string>

#include "gateway/base/result.h"

namespace gateway::cli {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// GETs `url`, `http://HOST[:PORT][/PATH]`, and waits at most `patience` for all of it.
/// The answer must end with its connection. The error is a sentence.
Result<HttpAnswer> http_get(std::string const& url, std::chrono::seconds patience);

}  // namespace gateway::cli
