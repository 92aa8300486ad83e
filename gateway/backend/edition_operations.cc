// What an operator may do to a service, carried out by its current edition.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/edition.h"
#include "gateway/base/result.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::backend {

namespace {

using Verdict = OperationEnd::Verdict;

OperationEnd not_now(std::string sentence) { return {Verdict::NotNow, std::move(sentence)}; }
OperationEnd not_possible(std::string sentence) { return {Verdict::NotPossible, std::move(sentence)}; }

}  // namespace

void Edition::operate(Operation const& operation, TellEnd tell) {
  if (!available())
    return tell(not_possible(fmt::format("'{}' is not set up here, so nothing of it runs", config_.name)));
  if (stopping_) return tell(not_now("the gateway is ending"));
  std::visit(Overload{
                 [&](Restart const& wanted) { tell(restart(wanted)); },
                 [&](Renew const&) { tell(not_possible("renewing is not an edition's to do")); },
                 [&](Drain const& wanted) { tell(drain(wanted)); },
                 [&](ListTools const&) { tell(tools()); },
                 [&](CallTool const& wanted) { call_tool(wanted, std::move(tell)); },
                 [&](ResetCircuits const&) { tell(reset_circuits()); },
             },
             operation);
}

OperationEnd Edition::restart(Restart const& wanted) {
  std::size_t restarted = 0;
  for (auto* const child : children_.all()) {
    auto const pid = child->peer().pid();
    if (wanted.only != 0 && pid != wanted.only) continue;
    if (!child->restart("admin")) continue;
    ++restarted;
    context_.log.info("service.restart", "an operator has a child started anew",
                      {{"server", config_.name}, {"child.pid", pid}});
  }
  if (restarted == 0 && wanted.only != 0)
    return not_now(fmt::format("'{}' has no child {}", config_.name, wanted.only));
  if (restarted == 0)
    return not_now(fmt::format("'{}' has no child now: one is started when a session needs it", config_.name));
  return {Verdict::Done, fmt::format(R"({{"restarted":{}}})", restarted)};
}

/// Of clients without sessions only calls are known, also those for which a client is to come back.
OperationEnd Edition::drain(Drain const& wanted) {
  auto const calls = calls_owed() + calls_suspended();
  if (std::exchange(drained_, wanted.on) != wanted.on) {
    context_.log.info("service.drain",
                      wanted.on ? "an operator lets no new sessions in" : "an operator lets sessions in again",
                      {{"server", config_.name}, {"sessions", sessions_}, {"calls", calls}});
  }
  return {Verdict::Done, fmt::format(R"({{"draining":{},"sessions":{},"calls":{}}})", drained_, sessions_, calls)};
}

OperationEnd Edition::tools() const {
  mcp::ToolList const* list = nullptr;
  children_.for_each([&](Multiplexer const& child) {
    if (list == nullptr) list = child.tools();
  });
  if (list == nullptr) return not_now(fmt::format("the tools of '{}' are not known yet", config_.name));
  auto array = list->as_array();
  if (rpc::validate(array)) return not_now(fmt::format("what '{}' says of its tools is not valid JSON", config_.name));
  return {Verdict::Done, fmt::format(R"({{"tools":{}}})", array)};
}

OperationEnd Edition::reset_circuits() {
  if (!circuits_) return not_possible(fmt::format("'{}' has no circuit breaker", config_.name));
  return {Verdict::Done, fmt::format(R"({{"reset":{}}})", circuits_->reset())};
}

/// Of children that belong to sessions none is the operator's.
void Edition::call_tool(CallTool const& wanted, TellEnd tell) {
  if (config_.isolation != config::Isolation::Shared) {
    return tell(not_possible(
        fmt::format("each client of '{}' has a child of its own, so there is none to try it with", config_.name)));
  }
  Multiplexer* chosen = nullptr;
  children_.for_each([&](Multiplexer& child) {
    auto const ready = child.peer().state() == PeerState::Ready;
    if (chosen == nullptr || (ready && chosen->peer().state() != PeerState::Ready)) chosen = &child;
  });
  if (chosen == nullptr) return tell(not_now(fmt::format("'{}' has no child now", config_.name)));
  chosen->call_tool(wanted, std::move(tell));
}

}  // namespace gateway::backend
