#include "gateway/cli/http_get.h"

#include <fmt/format.h>

namespace gateway::cli {

Result<http::Answered> http_get(std::string const& url, std::chrono::seconds patience) {
  auto const parsed = parse_url(url);
  if (!parsed) return Error{fmt::format("expected http://HOST:PORT/PATH, found '{}'", url)};
  // The gateway serves addresses and localhost under any of its listeners.
  auto answer = http::ask(*parsed, {.host = "localhost"}, patience);
  if (answer) return answer;
  return Error{fmt::format("no gateway answers at {} ({})", url, answer.error().what)};
}

}  // namespace gateway::cli
