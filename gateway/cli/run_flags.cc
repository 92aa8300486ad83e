#include "gateway/cli/run_flags.h"

#include <array>

namespace gateway::cli {

namespace {

constexpr std::array kFlags{
    RunFlag{"--host", "", "ADDRESS", "Where to listen: 127.0.0.1 is this machine only, 0.0.0.0 every interface",
            About::Gateway, Often::Once, ""},
    RunFlag{"--port", ",-p", "PORT", "Where to listen, 8080 unless the file says otherwise; 0: the system chooses",
            About::Gateway, Often::Once, ""},
    RunFlag{"--admin", "", "ADDRESS", "Status page, health and metrics: 9090, :9090, 127.0.0.1:9090 or off",
            About::Gateway, Often::Once, "admin_listen"},
    RunFlag{"--admin-token-file", "", "FILE", "The token operators show to act on the status page", About::Gateway,
            Often::Once, ""},
    RunFlag{"--token-file", "", "FILE", "A bearer token clients must show; repeat for more", About::Gateway,
            Often::Repeated, ""},
    RunFlag{"--allowed-host", "", "NAME", "A name clients may ask for in Host; repeat for more", About::Gateway,
            Often::Repeated, "allowed_hosts"},
    RunFlag{"--allowed-origin", "", "ORIGIN", "An origin of web pages that may call; repeat for more", About::Gateway,
            Often::Repeated, "allowed_origins"},
    RunFlag{"--base-path", "", "PATH", "The public path before ours, when a proxy takes it away", About::Gateway,
            Often::Once, "base_path"},
    RunFlag{"--drain-timeout", "", "TIME", "How long open calls may take when the gateway stops: 25s", About::Gateway,
            Often::Once, "drain_timeout"},
    RunFlag{"--log-level", "", "LEVEL", "debug, info, warn or error", About::Gateway, Often::Once, "log.level"},
    RunFlag{"--log-format", "", "FORMAT", "json, text, or auto: text at a terminal", About::Gateway, Often::Once,
            "log.format"},

    RunFlag{"--name", "", "NAME", "What it is called in logs, metrics and /NAME/mcp: server", About::Server,
            Often::Once, ""},
    RunFlag{"--env", ",-e", "NAME=VALUE", "A variable of its environment; repeat for more", About::Server,
            Often::Repeated, ""},
    RunFlag{"--pass-env", "", "NAME", "A variable of the gateway's to hand through, such as a token; repeat for more",
            About::Server, Often::Repeated, "pass_env"},
    RunFlag{"--cwd", "", "FOLDER", "Where it runs", About::Server, Often::Once, "cwd"},
    RunFlag{"--isolation", "", "KIND", "shared: one child for all; session: a child for each client session",
            About::Server, Often::Once, "isolation"},
    RunFlag{"--max-calls", "", "COUNT", "Calls it is given at once, the rest waits: 1024", About::Server, Often::Once,
            "max_calls"},
    RunFlag{"--call-timeout", "", "TIME", "How long a call may stay without answer or progress: 2m", About::Server,
            Often::Once, "call_timeout"},
    RunFlag{"--start-timeout", "", "TIME", "How long it may take to start: 1m", About::Server, Often::Once,
            "start_timeout"},
};

}  // namespace

std::span<RunFlag const> run_flags() { return kFlags; }

std::string value_of(Given const& given, std::string_view flag, std::string_view otherwise) {
  auto const found = given.find(flag);
  return found == given.end() || found->second.empty() ? std::string(otherwise) : found->second.back();
}

}  // namespace gateway::cli
