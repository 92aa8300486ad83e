#include "gateway/cli/http_get.h"

#include <fmt/format.h>

namespace gateway::cli {

namespace {

Result<http::Answered> ask(std::string const& url, http::Question question, io::TlsTrust const& trust,
                           std::chrono::seconds patience) {
  auto const parsed = parse_web_url(url);
  if (!parsed) return Error{fmt::format("expected http://HOST:PORT/PATH, found '{}'", url)};
  // The gateway serves addresses and localhost under any of its listeners.
  question.host = "localhost";
  auto answer = http::ask(*parsed, question, patience, trust);
  if (answer && answer->status == 400 && answer->body.find("https_expected") != std::string::npos)
    return Error{fmt::format("the gateway at {} speaks https; expected https://HOST:PORT", url)};
  if (answer) return answer;
  return Error{fmt::format("no gateway answers at {} ({})", url, answer.error().what)};
}

}  // namespace

Result<http::Answered> http_get(std::string const& url, io::TlsTrust const& trust, std::chrono::seconds patience) {
  return ask(url, {}, trust, patience);
}

Result<http::Answered> http_get_stream(std::string const& url, io::TlsTrust const& trust, std::string_view enough,
                                       std::chrono::seconds patience) {
  return ask(url, {.fields = "Accept: text/event-stream\r\n", .enough = enough}, trust, patience);
}

Result<http::Answered> http_post(std::string const& url, io::TlsTrust const& trust, std::string_view fields,
                                 std::string_view body, std::chrono::seconds patience) {
  auto const all = fmt::format("Content-Type: application/json\r\n{}", fields);
  return ask(url, {.method = "POST", .fields = all, .body = body}, trust, patience);
}

}  // namespace gateway::cli
