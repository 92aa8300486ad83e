#include "gateway/cli/deployment_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/cli/arguments.h"
#include "gateway/config/profile.h"
#include "gateway/config/values.h"

namespace gateway::cli {

namespace {

constexpr std::string_view kExitCodes =
    "Exit codes: 0 ok, 1 a check failed, 2 wrong command line or configuration, 3 cannot connect, 4 too late, 5 rolled "
    "back.";
constexpr auto kGroup = "Deployments";

struct DeploymentCommand {
  std::string_view name;
  std::string_view usage;
};
constexpr std::array<DeploymentCommand, 9> kDeploymentCommands{{
    {"validate-config", "validate-config [OPTIONS] --profile NAME"},
    {"deploy", "deploy [OPTIONS] --profile NAME"},
    {"stop", "stop [OPTIONS] --profile NAME"},
    {"rollback", "rollback [OPTIONS] --profile NAME --version previous"},
    {"health-check", "health-check [OPTIONS]"},
    {"validate", "validate [OPTIONS] --profile NAME"},
    {"monitor", "monitor [OPTIONS] --profile NAME"},
    {"export-state", "export-state [OPTIONS] --profile NAME --output FILE"},
    {"set-traffic-split", "set-traffic-split [OPTIONS] SERVER:PERCENT..."},
}};

CLI::Option* add_time(CLI::App& command, std::string const& name, std::chrono::milliseconds& into,
                      std::string const& sentence) {
  auto const read = [&into, name](std::string const& text) {
    auto const time = config::parse_duration(text);
    if (!time)
      throw CLI::ValidationError(name, fmt::format("expected a time such as 30s or 10m, found '{:.60}'", text));
    into = *time;
  };
  return command.add_option_function<std::string>(name, read, sentence)->option_text("TIME");
}

CLI::App* add_command(CLI::App& app, Arguments& arguments, std::string const& name, std::string const& sentence) {
  auto* const command = app.add_subcommand(name, sentence)->group(kGroup);
  command->add_flag("--json", arguments.deployment.json, "Say it as JSON");
  command->footer(std::string(kExitCodes));
  return command;
}

void add_state(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--state", arguments.deployment.state,
                  "What was deployed, and how; or set MCP_GATEWAY_STATE. Usually /var/lib/mcp-deployments")
      ->option_text("DIRECTORY");
}

void add_trust(CLI::App& command, Arguments& arguments) {
  auto& trust = arguments.address.trust;
  command.add_option("--ca", trust.ca_file, "Authorities to trust besides the system's, for https; PEM")
      ->option_text("FILE");
  command.add_flag_callback(
      "--insecure", [&trust] { trust.check = io::TlsTrust::Check::Nothing; }, "Accept any certificate, for https");
}

void add_haproxy(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--socket", arguments.deployment.socket,
                  "HAProxy's stats socket, or HOST:PORT; or set MCP_HAPROXY_SOCKET. Usually /run/haproxy/admin.sock")
      ->option_text("PATH");
  command
      .add_option("--backend", arguments.deployment.backend,
                  "HAProxy's backend of the instances; or set MCP_HAPROXY_BACKEND. Usually mcp")
      ->option_text("NAME");
}

/// One that is about an instance, which its profile and configuration name.
CLI::App* add_of_profile(CLI::App& app, Arguments& arguments, std::string const& name, std::string const& sentence) {
  auto* const command = add_command(app, arguments, name, sentence);
  command
      ->add_option("--config,-c", arguments.file,
                   "The configuration; or set MCP_GATEWAY_CONFIG. Usually "
                   "gateway.json, or else /etc/mcp-gateway/gateway.json")
      ->option_text("FILE");
  command->add_option("--profile", arguments.profile, "Lay profiles/NAME.json over it; or set MCP_ENV")
      ->option_text("NAME");
  return command;
}

void add_starting_commands(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.deployment;
  auto* const deploy = add_of_profile(app, arguments, "deploy", "Start the instance of a profile, or replace it");
  add_state(*deploy, arguments);
  add_trust(*deploy, arguments);
  deploy->add_flag("--validate-first", asked.validate_first,
                   "Before, check the configuration and start each server once");
  deploy->add_option("--version", asked.version, "What to call it; or set MCP_VERSION. Usually the program's version")
      ->option_text("VERSION");
  add_time(*deploy, "--timeout", asked.timeout, "How long it may take to be ready, and the former one to end: 60s");

  auto* const stop =
      add_of_profile(app, arguments, "stop", "Stop the instance of a profile once its open calls are answered");
  add_state(*stop, arguments);
  add_time(*stop, "--timeout", asked.timeout, "How long it may take before it is killed: 60s");

  auto* const rollback =
      add_of_profile(app, arguments, "rollback", "Start a former release of a profile in place of what runs");
  add_state(*rollback, arguments);
  add_trust(*rollback, arguments);
  rollback->add_option("--version", asked.version, "previous, the number of a release, or its version: previous")
      ->option_text("VERSION");
  add_time(*rollback, "--timeout", asked.timeout, "How long it may take to be ready, and the other one to end: 60s");
}

void add_judging_commands(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.deployment;
  add_of_profile(app, arguments, "validate-config", "Check the configuration of a profile, offline");

  auto* const health =
      add_of_profile(app, arguments, "health-check", "Wait until an instance is HEALTHY, or say what it reaches");
  add_trust(*health, arguments);
  health->add_flag("--database", asked.database, "Whether the databases behind its services answer");
  health->add_flag("--external-services", asked.external_services, "Whether what else is behind its services answers");
  add_time(*health, "--timeout", asked.timeout, "How long it may take: 10s");

  auto* const validate =
      add_of_profile(app, arguments, "validate", "Check an instance that runs, as a client: handshakes, tokens, tools");
  add_state(*validate, arguments);
  add_trust(*validate, arguments);
  validate->add_flag("--comprehensive", asked.comprehensive,
                     "Also wrong input, latency, logs, metrics, and that sessions stay");
  validate->add_option("--token-file", asked.token_file, "A token of a client; usually the first of the configuration")
      ->option_text("FILE");
  add_time(*validate, "--stability", asked.stability, "How long sessions are watched with --comprehensive: 60s");
  add_time(*validate, "--timeout", asked.timeout, "How long a handshake may take: 5s");

  auto* const state = add_of_profile(app, arguments, "export-state",
                                     "Write what runs, with which configuration, to a file without secrets");
  add_state(*state, arguments);
  add_trust(*state, arguments);
  state->add_option("--output", asked.output, "The file")->option_text("FILE");
}

void add_monitor(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.deployment;
  auto* const monitor =
      add_of_profile(app, arguments, "monitor", "Watch an instance, and judge whether it may stay in traffic");
  add_state(*monitor, arguments);
  add_trust(*monitor, arguments);
  add_time(*monitor, "--duration", asked.duration, "How long to watch: 10m");
  add_time(*monitor, "--interval", asked.interval, "From one look to the next: 5s");
  add_time(*monitor, "--trigger-window", asked.window,
           "How long it must be wrong before it is a reason; usually 1m to 3m");
  add_time(*monitor, "--latency-window", asked.slow_window, "How long calls must be slow before it is a reason: 5m");
  monitor->add_option("--least-calls", asked.least_calls, "Of fewer calls in a window nothing is concluded: 20")
      ->option_text("COUNT");
  monitor->add_option("--primary", asked.primary, "The profile to compare with; of NAME-secondary it is NAME-primary")
      ->option_text("NAME");
  monitor->add_flag("--auto-rollback", asked.auto_rollback, "At a reason, set traffic to primary:100 secondary:0");
  add_haproxy(*monitor, arguments);
}

void add_traffic_split(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.deployment;
  auto* const traffic = add_command(app, arguments, "set-traffic-split", "Split traffic between servers of HAProxy");
  traffic->add_option("SERVER:PERCENT", asked.shares, "Such as primary:90 secondary:10; together 100")
      ->option_text(" ");
  traffic->add_flag("--restore", asked.restore, "Set what was set last, after HAProxy was started again");
  add_time(*traffic, "--timeout", asked.timeout, "How long HAProxy may take: 5s");
  add_state(*traffic, arguments);
  add_haproxy(*traffic, arguments);
}

}  // namespace

void add_deployment_commands(CLI::App& app, Arguments& arguments) {
  add_judging_commands(app, arguments);
  add_starting_commands(app, arguments);
  add_monitor(app, arguments);
  add_traffic_split(app, arguments);
}

bool is_deployment_command(std::string_view command) { return !usage_of_deployment(command).empty(); }

std::string usage_of_deployment(std::string_view command) {
  auto const found = std::ranges::find(kDeploymentCommands, command, &DeploymentCommand::name);
  return found == kDeploymentCommands.end() ? std::string{} : fmt::format("mcp-gateway {}", found->usage);
}

std::string missing_in(Arguments const& arguments) {
  auto const& command = arguments.command;
  auto const& asked = arguments.deployment;
  if (command == "set-traffic-split") {
    if (asked.shares.empty() == asked.restore) return {};  // exactly one of them
    return asked.restore ? "found shares and --restore, and expected only one of them"
                         : "expected shares such as primary:90 secondary:10";
  }
  if (arguments.profile.empty() && command != "health-check" && command != "validate-config")
    return "expected --profile NAME, or MCP_ENV";
  if (!arguments.profile.empty() && !config::is_profile_name(arguments.profile))
    return fmt::format("expected the name of a profile, found '{:.60}'", arguments.profile);
  if (command == "export-state" && asked.output.empty()) return "expected --output FILE";
  return {};
}

}  // namespace gateway::cli
