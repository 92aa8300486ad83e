#include "gateway/remote/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/rpc/rpc_error.h"

namespace gateway::remote {

namespace {

constexpr std::size_t kMostQuoted = 200;

/// The beginning of what a server wrote, as one line of printable ASCII.
std::string quoted(std::string_view text) {
  std::string line;
  for (auto const c : text.substr(0, kMostQuoted)) {
    auto const fits = c > ' ' && c <= '~';
    if (fits)
      line.push_back(c);
    else if (!line.empty() && line.back() != ' ')
      line.push_back(' ');
  }
  while (line.ends_with(' ')) line.pop_back();
  return text.size() > kMostQuoted ? line + "..." : line;
}

std::string_view name_of(int status) {
  switch (status) {
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 405: return " Method Not Allowed";
    case 406: return " Not Acceptable";
    case 413: return " Content Too Large";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    default: return "";
  }
}

/// Seconds; the other form, a date, is not read.
std::optional<std::uint64_t> retry_after(std::string_view value) {
  std::uint64_t count = 0;
  auto const [end, problem] = std::from_chars(value.data(), value.data() + value.size(), count);
  auto const fits = !value.empty() && problem == std::errc{} && end == value.data() + value.size() && count < 86'400;
  return fits ? std::optional(count * 1000) : std::nullopt;
}

/// Whether it does not say that the request was refused: a gateway in front of the server, or the server itself, may have
/// begun it.
bool may_have_run(int status) {
  if (status == 501 || status == 503 || status == 505) return false;
  return status == 408 || status >= 500;
}

}  // namespace

std::string_view to_text(Trouble::Kind kind) {
  switch (kind) {
    case Trouble::Kind::Unreachable: return "unreachable";
    case Trouble::Kind::HttpStatus: return "http_status";
    case Trouble::Kind::Unauthorized: return "unauthorized";
    case Trouble::Kind::ConnectionLost: return "connection_lost";
    case Trouble::Kind::Timeout: return "timeout";
    case Trouble::Kind::BadAnswer: return "bad_answer";
    case Trouble::Kind::SessionLost: return "session_lost";
    case Trouble::Kind::Stopping: return "stopping";
  }
  return "";
}

Trouble trouble_of(fetch::Failure const& failure) {
  using Kind = fetch::Failure::Kind;
  if (failure.was_sent)
    return {.kind = failure.kind == Kind::Timeout ? Trouble::Kind::Timeout : Trouble::Kind::ConnectionLost,
            .what = fmt::format("the connection was lost before the answer: {}", failure.what),
            .may_have_run = true};
  auto const why = [&]() -> std::string_view {
    switch (failure.kind) {
      case Kind::Name: return "its name cannot be resolved";
      case Kind::Connect: return "no connection";
      case Kind::Tls: return "TLS failed";
      case Kind::Timeout: return "no connection in time";
      case Kind::Cut: return "the connection was lost while the request was sent";
      case Kind::Other: break;
    }
    return "the request failed";
  }();
  return {.kind = Trouble::Kind::Unreachable, .what = fmt::format("{}: {}", why, failure.what)};
}

Trouble trouble_of(fetch::Head const& head, std::string_view body) {
  auto const said = quoted(body);
  auto const text = fmt::format("it answered with HTTP status {}{}{}{}", head.status, name_of(head.status),
                                said.empty() ? "" : ": ", said);
  if (head.status == 401) {
    auto const challenge = quoted(head.find("www-authenticate"));
    return {.kind = Trouble::Kind::Unauthorized,
            .what = fmt::format("{} (WWW-Authenticate: {})", text, challenge.empty() ? "none" : challenge),
            .status = head.status};
  }
  return {.kind = Trouble::Kind::HttpStatus,
          .what = text,
          .may_have_run = may_have_run(head.status),
          .status = head.status,
          .retry_after_ms = retry_after(head.find("retry-after"))};
}

std::string sentence(std::string_view shown, Trouble const& trouble) {
  return fmt::format("{}: {}{}", shown, trouble.what,
                     trouble.may_have_run ? "; it is unknown whether the request was carried out" : "");
}

std::string error_answer(std::string_view raw_id, std::string_view shown, Trouble const& trouble) {
  auto data =
      fmt::format(R"({{"reason":"{}","executed":"{}")", to_text(trouble.kind), trouble.may_have_run ? "unknown" : "no");
  if (trouble.status != 0) data += fmt::format(R"(,"status":{})", trouble.status);
  if (trouble.retry_after_ms) data += fmt::format(R"(,"retry_after_ms":{})", *trouble.retry_after_ms);
  data.push_back('}');
  return rpc::error_message(raw_id, rpc::ErrorCode::InternalError, sentence(shown, trouble), data);
}

}  // namespace gateway::remote
