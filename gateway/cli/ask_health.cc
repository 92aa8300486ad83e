#include "gateway/cli/ask_health.h"

#include <fmt/format.h>

#include <ostream>

#include "gateway/http/client.h"

namespace gateway::cli {

bool ask_health(std::string const& url, std::chrono::seconds patience, std::ostream& out, std::ostream& errors) {
  auto const parsed = http::parse_url(url);
  if (!parsed) {
    errors << fmt::format("health: expected http://HOST:PORT/PATH, found '{}'\n", url);
    return false;
  }
  // The gateway serves addresses and localhost under any of its listeners.
  auto const answer = http::ask(*parsed, {.host = "localhost"}, patience);
  if (!answer) {
    errors << fmt::format("{}: {}\n", url, answer.error().what);
    return false;
  }
  out << answer->body;
  return answer->status == 200;
}

}  // namespace gateway::cli
