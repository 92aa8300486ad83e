// What the services of a loop need of the program.
#pragma once

#include <string>
#include <vector>

#include "gateway/base/entropy.h"
#include "gateway/config/config.h"
#include "gateway/io/child_process.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/process_sampler.h"
#include "gateway/log/log.h"
#include "gateway/log/redaction.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/request_state.h"
#include "gateway/mcp/session_table.h"
#include "gateway/sandbox/support.h"
#include "gateway/trace/tracer.h"

namespace gateway::backend {

/// What holds for all clients, and may change while the program runs.
struct ClientTerms {
  bool one_client = false;   ///< nobody else can come in, so nothing is kept for others
  bool mask_errors = false;  ///< clients are told that a server failed, but not how
};
inline constexpr ClientTerms kPlainTerms{};

/// What a service needs besides its own configuration. References outlive it.
struct Context {
  io::EventLoop& loop;
  io::Spawner& spawner;
  io::ProcessSampler const& sampler;
  Entropy& entropy;
  log::Log& log;
  trace::Tracer& tracer;
  log::Redaction const* redaction;  ///< never null
  char const* const* environment;
  std::string version;
  config::LimitsConfig const& limits;
  mcp::SessionTable& sessions;
  mcp::ClientPort& clients;
  mcp::StateSeal const& seal;                ///< of request states
  ClientTerms const* terms = &kPlainTerms;   ///< never null
  sandbox::Support sandbox{};                ///< what this system can do to children
  std::vector<std::string> own_variables{};  ///< of one child alone, "NAME=value"
};

/// The same for one child that has variables of its own, which `redaction` knows.
[[nodiscard]] inline Context with_own(Context const& context, std::vector<std::string> const& variables,
                                      log::Redaction const& redaction) {
  auto own = context;
  own.redaction = &redaction;
  own.own_variables = variables;
  return own;
}

}  // namespace gateway::backend
