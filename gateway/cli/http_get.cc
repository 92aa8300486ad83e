#include "gateway/cli/http_get.h"

#include <fmt/format.h>

namespace gateway::cli {

Result<http::Answered> http_get(std::string const& url, io::TlsTrust const& trust, std::chrono::seconds patience) {
  auto const parsed = parse_web_url(url);
  if (!parsed) return Error{fmt::format("expected http://HOST:PORT/PATH, found '{}'", url)};
  // The gateway serves addresses and localhost under any of its listeners.
  auto answer = http::ask(*parsed, {.host = "localhost"}, patience, trust);
  if (answer && answer->status == 400 && answer->body.find("https_expected") != std::string::npos)
    return Error{fmt::format("the gateway at {} speaks https; expected https://HOST:PORT", url)};
  if (answer) return answer;
  return Error{fmt::format("no gateway answers at {} ({})", url, answer.error().what)};
}

}  // namespace gateway::cli
