// Asking another HTTP server, and waiting for it: not for a loop's thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/url.h"
#include "gateway/io/tls_trust.h"

namespace gateway::http {

/// A request. Connection, Content-Length and Host are written for it.
struct Question {
  std::string_view method = "GET";
  std::string_view host{};    ///< as Host is to say it; empty: what the URL says
  std::string_view fields{};  ///< further header lines, each with its CRLF
  std::string_view body{};
  std::string_view enough{};  ///< of a stream: the body is read up to where this stands in it; empty: to its end
};

struct Answered {
  int status = 0;
  std::string body;
  std::string fields{};  ///< the header lines as they came, each with its CRLF
};

/// One connection, one request, the whole answer. Nothing takes longer than
/// `patience` but the look-up of a name. The error is a sentence. `trust` is for https.
[[nodiscard]] Result<Answered> ask(Url const& url, Question const& question, std::chrono::milliseconds patience,
                                   io::TlsTrust const& trust = {});

}  // namespace gateway::http
