#include "gateway/cli/http_get.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/http/client.h"

namespace gateway::cli {

Result<HttpAnswer> http_get(std::string const& url, std::chrono::seconds patience) {
  auto const parsed = http::parse_url(url);
  if (!parsed) return Error{fmt::format("expected http://HOST:PORT/PATH, found '{}'", url)};
  // The gateway serves addresses and localhost under any of its listeners.
  auto answer = http::ask(*parsed, {.host = "localhost"}, patience);
  if (!answer) return Error{fmt::format("{}: {}", url, answer.error().what)};
  return HttpAnswer{answer->status, std::move(answer->body)};
}

}  // namespace gateway::cli
