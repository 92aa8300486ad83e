// The command line: what it says is turned into a configuration, and run.
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "gateway/backend/environment.h"
#include "gateway/build_info.h"
#include "gateway/cli/ask_health.h"
#include "gateway/cli/ask_status.h"
#include "gateway/cli/check_connect.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/top.h"
#include "gateway/gateway.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/program_path.h"
#include "gateway/ops/config_needs.h"
#include "gateway/ops/config_schema.h"
#include "gateway/ops/descriptor_budget.h"
#include "gateway/ops/descriptors.h"

namespace {

using gateway::cli::kUsageError;

constexpr int kKeptMemory = 16 << 20;
constexpr std::chrono::seconds kHealthPatience{5};

struct Arguments {
  std::string config;
  std::vector<std::string> services;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string name = "server";
  bool allow_unauthenticated = false;
  bool connect = false;
  std::string log_level;
  std::string log_format;
  std::string url = "http://127.0.0.1:9090/health";
  std::string admin = "http://127.0.0.1:9090";
  bool json = false;
  int interval = 2;  ///< seconds
  std::vector<std::string> command;  ///< after "--"
};

/// The child's command line is everything behind "--", untouched.
std::vector<std::string> take_command(int& argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    std::vector<std::string> command(argv + i + 1, argv + argc);
    argc = i;
    return command;
  }
  return {};
}

/// One service from the command line alone.
gateway::ops::Config single_config(Arguments const& arguments) {
  gateway::ops::Config config;
  config.gateway.listen = {arguments.host, arguments.port};
  config.gateway.admin_listen.reset();
  gateway::ops::ServiceConfig service;
  service.name = arguments.name;
  service.command = arguments.command.front();
  service.args.assign(arguments.command.begin() + 1, arguments.command.end());
  service.required = true;
  config.services.push_back(std::move(service));
  return config;
}

void apply(Arguments const& arguments, gateway::ops::Config& config) {
  using gateway::ops::LogFormat;
  using gateway::ops::LogLevel;
  config.gateway.auth.allow_unauthenticated |= arguments.allow_unauthenticated;
  if (arguments.log_format == "text") config.gateway.log.format = LogFormat::Text;
  if (arguments.log_format == "json") config.gateway.log.format = LogFormat::Json;
  if (arguments.log_level == "debug") config.gateway.log.level = LogLevel::Debug;
  if (arguments.log_level == "info") config.gateway.log.level = LogLevel::Info;
  if (arguments.log_level == "warn") config.gateway.log.level = LogLevel::Warn;
  if (arguments.log_level == "error") config.gateway.log.level = LogLevel::Error;
}

/// As many descriptors as the configuration asks for, as far as the system lets us.
gateway::Result<gateway::ops::DescriptorBudget> take_descriptors(gateway::ops::Config const& config) {
  auto const needs = gateway::ops::descriptor_needs(config, gateway::ops::open_descriptors());
  return gateway::ops::share_descriptors(
      gateway::ops::raise_descriptor_limit(gateway::ops::wanted_descriptors(needs)), needs);
}

int run(Arguments const& arguments) {
  auto const single = !arguments.command.empty();
  if (single == !arguments.config.empty()) {
    std::cerr << "run: give either --config FILE or a command after --\n";
    return kUsageError;
  }
  auto config = single ? std::optional(single_config(arguments))
                       : gateway::cli::load_config(arguments.config, std::cerr);
  if (!config || !gateway::cli::keep_services(*config, arguments.services, std::cerr)) return kUsageError;
  apply(arguments, *config);
  auto const descriptors = take_descriptors(*config);
  if (!descriptors) {
    std::cerr << descriptors.error().what << '\n';
    return 1;
  }
  if (single) {
    // With a file the other services run; here there is nothing to wait for.
    auto const& service = config->services.front();
    auto const program =
        gateway::io::find_program(service.command, gateway::backend::child_environment(service, environ), AT_FDCWD);
    if (!program) {
      std::cerr << fmt::format("cannot start '{}': {}\n", service.command, program.error().what);
      return 1;
    }
  }

  auto guard = gateway::io::ChildGuard::start();
  if (!guard) {
    std::cerr << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  gateway::Gateway program(std::move(*config), {.single = single, .descriptors = *descriptors}, std::move(*guard));
  if (auto const listening = program.listen(); !listening) {
    std::cerr << listening.error().what << '\n';
    return 1;
  }
  return program.run();
}

int check(Arguments const& arguments) {
  auto config = gateway::cli::load_config(arguments.config, std::cerr);
  if (!config || !gateway::cli::keep_services(*config, arguments.services, std::cerr)) return kUsageError;
  for (auto const& warning : config->warnings) std::cout << fmt::format("note: {}: {}\n", warning.path, warning.what);
  for (auto const& service : config->services) {
    if (service.disabled || service.unmet.empty()) continue;
    std::cout << fmt::format("unavailable: {}: {}\n", service.name, gateway::ops::unmet_text(service));
  }
  std::cout << fmt::format("{}: {} services, no errors\n", arguments.config, config->services.size());
  if (!arguments.connect) return 0;
  auto guard = gateway::io::ChildGuard::start();
  if (!guard) {
    std::cerr << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  return gateway::cli::check_connect(std::move(*config), std::move(*guard), std::cout) ? 0 : 1;
}

int version() {
  std::cout << fmt::format("mcp-gateway {} ({}, built {})\n", gateway::kVersion, gateway::kRevision,
                           gateway::kBuildTime);
  return 0;
}

// ── the subcommands and their options ────────────────────────────────────────

void add_run(CLI::App& app, Arguments& arguments) {
  auto* const run_command = app.add_subcommand("run", "Serve until SIGTERM or Ctrl-C");
  run_command->add_option("--config,-c", arguments.config, "Configuration file (docs/config.md)");
  run_command->add_option("--service,-s", arguments.services, "Serve only this service of the file; repeat for more");
  run_command->add_option("--host", arguments.host, "Without --config: address to listen on")->capture_default_str();
  run_command->add_option("--port,-p", arguments.port, "Without --config: port to listen on")->capture_default_str();
  run_command->add_option("--name", arguments.name, "Without --config: the service's name")->capture_default_str();
  run_command->add_flag("--allow-unauthenticated", arguments.allow_unauthenticated,
                        "Listen beyond this machine although no token is asked for");
  run_command->add_option("--log-level", arguments.log_level, "Overrides the configuration")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  run_command->add_option("--log-format", arguments.log_format, "Overrides the configuration")
      ->check(CLI::IsMember({"json", "text"}));
}

void add_check(CLI::App& app, Arguments& arguments) {
  auto* const check_command = app.add_subcommand("check", "Check a configuration, and say everything that is wrong");
  check_command->add_option("--config,-c", arguments.config, "Configuration file")->required();
  check_command->add_option("--service,-s", arguments.services, "Check only this service; repeat for more");
  check_command->add_flag("--connect", arguments.connect, "Also start each server once and list its tools");
}

void add_health(CLI::App& app, Arguments& arguments) {
  auto* const health_command = app.add_subcommand("health", "Ask a running gateway; exit code 0 when it is well");
  health_command->add_option("url", arguments.url, "A page of its admin listener")
      ->capture_default_str()
      ->check([](std::string const& url) {
        return url.starts_with("http://") ? "" : "expected http://HOST:PORT/PATH, found '" + url + "'";
      });
}

void add_status_and_top(CLI::App& app, Arguments& arguments) {
  auto const is_url = [](std::string const& url) {
    return url.starts_with("http://") ? "" : "expected http://HOST:PORT, found '" + url + "'";
  };
  auto* const status_command =
      app.add_subcommand("status", "Show the services of a running gateway; exit code 0 when it is well");
  status_command->add_option("--url", arguments.admin, "Its admin listener")->capture_default_str()->check(is_url);
  status_command->add_flag("--json", arguments.json, "All that is known, as JSON");
  auto* const top_command = app.add_subcommand("top", "The same, again and again, until q is pressed");
  top_command->add_option("--url", arguments.admin, "Its admin listener")->capture_default_str()->check(is_url);
  top_command->add_option("--interval", arguments.interval, "Seconds from one look to the next")
      ->capture_default_str()
      ->check(CLI::Range(1, 60));
}

int run_subcommand(CLI::App const& app, Arguments const& arguments) {
  if (app.got_subcommand("run")) return run(arguments);
  if (app.got_subcommand("check")) return check(arguments);
  if (app.got_subcommand("health")) {
    return gateway::cli::ask_health(arguments.url, kHealthPatience, std::cout, std::cerr) ? 0 : 1;
  }
  if (app.got_subcommand("status")) {
    auto const form = arguments.json ? gateway::cli::StatusForm::Json : gateway::cli::StatusForm::Table;
    return gateway::cli::ask_status(arguments.admin, form, kHealthPatience, std::cout, std::cerr) ? 0 : 1;
  }
  if (app.got_subcommand("top")) {
    return gateway::cli::top(arguments.admin, std::chrono::seconds(arguments.interval), std::cout, std::cerr) ? 0 : 1;
  }
  if (app.got_subcommand("version")) return version();
  std::cout << gateway::ops::config_schema() << '\n';
  return 0;
}

int run_command_line(int argc, char** argv) {
  Arguments arguments;
  arguments.command = take_command(argc, argv);

  CLI::App app{"Serves stdio MCP servers as network services: each as SSE (/NAME/sse) and Streamable HTTP (/NAME/mcp),\n"
               "one supervised child for many clients."};
  app.require_subcommand(0, 1);  // an unknown one is then named in the error
  app.footer(
      "Examples:\n"
      "  mcp-gateway run --config config/quickstart.json\n"
      "  mcp-gateway run --port 8080 -- node server.js          one server, endpoints at /sse and /mcp\n"
      "  mcp-gateway check --config FILE --connect              start each server once and say what it offers\n"
      "Exit codes: 0 ok, 1 failed, 2 wrong command line or configuration.");

  add_run(app, arguments);
  add_check(app, arguments);
  add_health(app, arguments);
  add_status_and_top(app, arguments);
  app.add_subcommand("version", "Say which build this is");
  app.add_subcommand("schema", "Print the configuration's JSON Schema, for editors");

  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
  } catch (CLI::ParseError const& error) {
    auto const code = app.exit(error);
    return code == 0 ? 0 : kUsageError;
  }
  return run_subcommand(app, arguments);
}

}  // namespace

int main(int argc, char** argv) {
  // Buffers of large messages come and go; giving each back to the system at once
  // costs more page faults than the message costs anything else.
  mallopt(M_MMAP_THRESHOLD, kKeptMemory);
  mallopt(M_TRIM_THRESHOLD, kKeptMemory);
  try {
    return run_command_line(argc, argv);
  } catch (std::exception const& error) {
    std::cerr << "mcp-gateway cannot go on: " << error.what() << '\n';
    return 1;
  }
}
