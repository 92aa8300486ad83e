#include "gateway/frontend/denials.h"

#include "gateway/frontend/visit.h"

namespace gateway::frontend {

namespace {

constexpr std::size_t kShownInLog = 200;

/// For the operator, who can change it.
std::string_view message_of(std::string_view reason) {
  if (reason == "host") return "a request was not let in: its Host is not among gateway.allowed_hosts";
  if (reason == "origin") return "a request was not let in: its Origin is not among gateway.allowed_origins";
  if (reason == "other_session") return "a request was not let in: its session is another principal's";
  return "a request was not let in";
}

}  // namespace

void Denials::denied(Visit const& visit, std::string_view reason, std::string_view shown) {
  metrics_.auth_failed(reason);
  if (!logged_.take(clock_.now())) return;
  auto const suppressed = logged_.take_refused();
  auto const remote = visit.exchange.remote();
  auto const id = visit.request.request_id;
  auto const& principal = visit.principal->id.name;
  log_.warn("auth.denied", message_of(reason),
            {{"reason", reason},
             {"shown", shown.substr(0, kShownInLog)},
             {"principal", principal},
             {"remote", remote},
             {"suppressed", suppressed},
             {"request_id", id}});
  log_.audit("audit.auth", "a request was not let in",
             {{"decision", "denied"},
              {"reason", reason},
              {"principal", principal},
              {"remote", remote},
              {"suppressed", suppressed},
              {"request_id", id}});
}

void Denials::uncertified(std::string_view reason, std::string_view why, std::string_view remote) {
  metrics_.auth_failed(reason);
  if (!logged_.take(clock_.now())) return;
  log_.warn("auth.denied", "a client was not let in: its certificate is missing or not accepted",
            {{"reason", reason}, {"shown", why}, {"remote", remote}, {"suppressed", logged_.take_refused()}});
}

}  // namespace gateway::frontend
