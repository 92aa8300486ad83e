#include "gateway/cli/configuration_arguments.h"

#include <fmt/format.h>

#include "gateway/cli/arguments.h"
#include "gateway/imports/bridge.h"
#include "gateway/imports/kind.h"

namespace gateway::cli {

namespace {

constexpr std::string_view kImportHelp =
    "What has no counterpart is named on stderr, with where it stood and why it is not taken.\n"
    "Secrets stay references to variables of the environment: ${NAME}.\n"
    "Examples:\n"
    "  mcp-gateway import ~/.cursor/mcp.json                 write ours to stdout\n"
    "  mcp-gateway import .vscode/mcp.json --output gateway.json\n"
    "  mcp-gateway import config.yaml --from litellm\n"
    "  mcp-gateway import -- npx -y supergateway ARGUMENTS...\n"
    "Exit codes: 0 ok, 1 the output cannot be written, 2 the file is wrong, or nothing in it can be taken.";

void add_import(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.configuration;
  auto* const command = app.add_subcommand(
      "import", "Write a configuration from another program's or its command line, and say what is not taken");
  command->add_option("FILE", arguments.file, "Its configuration, JSON or YAML; - is stdin")->option_text(" ");
  command
      ->add_option("--from", asked.from,
                   fmt::format("What it is of, where it does not tell: {}", imports::kind_names()))
      ->option_text("KIND");
  command->add_option("--output,-o", asked.output, "Where to write it, instead of stdout; a file that is not there yet")
      ->option_text("FILE");
  command->add_flag("--force", asked.force, "Replace the output if it is there");
  command->footer(std::string(kImportHelp));
}

constexpr std::string_view kAddHelp =
    "What stands behind -- is the server's command line. The file keeps its comments, order and indentation, and is\n"
    "checked before it is written. ${NAME} in a value or an argument is a variable of the gateway's environment:\n"
    "in quotes, so that the shell leaves it.\n"
    "Examples:\n"
    "  mcp-gateway add time -- uvx mcp-server-time\n"
    "  mcp-gateway add github --env 'GITHUB_TOKEN=${GITHUB_TOKEN}' -- github-mcp-server stdio";

void add_config_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--config,-c", arguments.file, "The configuration; usually $MCP_GATEWAY_CONFIG, or gateway.json here")
      ->option_text("FILE");
}

void add_editing(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.configuration;
  auto* const add = app.add_subcommand("add", "Add a service to a configuration file");
  add->add_option("NAME", asked.name, "What the service is called in /NAME/mcp")->option_text(" ");
  add->add_option("--env,-e", asked.env, "A variable of its environment; repeat for more")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false);
  add->add_option("--pass-env", asked.pass_env, "A variable of the gateway's to hand through; repeat for more")
      ->option_text("NAME")
      ->allow_extra_args(false);
  add_config_option(*add, arguments);
  add->footer(std::string(kAddHelp));
  auto* const remove = app.add_subcommand("remove", "Take a service out of a configuration file");
  remove->add_option("NAME", asked.name, "The service")->option_text(" ");
  add_config_option(*remove, arguments);
  auto* const list = app.add_subcommand("list", "Show the services of a configuration file");
  list->add_option("FILE,--config,-c", arguments.file,
                   "The configuration; usually $MCP_GATEWAY_CONFIG, or gateway.json here")
      ->option_text(" ");
}

/// What `add`, `remove` and `list` lack, or have too much of.
std::string missing_for_editing(Arguments const& arguments) {
  auto const& command = arguments.command;
  if (command != "add" && !arguments.server.empty())
    return fmt::format("found a command behind --, '{}', which only run and add take", arguments.server.front());
  if (arguments.file == "-" && command != "list") return "expected a file, found stdin";
  if (command != "list" && arguments.configuration.name.empty())
    return fmt::format("expected the name of a service: {}", usage_of_configuration_command(command));
  if (command == "add" && arguments.server.empty())
    return fmt::format("expected the server's command behind --: mcp-gateway add {} -- COMMAND",
                       arguments.configuration.name);
  return {};
}

std::string missing_for_import(Arguments const& arguments) {
  auto const& from = arguments.configuration.from;
  if (!arguments.server.empty()) {
    if (!arguments.file.empty())
      return fmt::format("expected either a file or a command line behind --, found both, '{}' and '{}'",
                         arguments.file, arguments.server.front());
    if (from.empty() || imports::bridge_named(from)) return {};
    return fmt::format("--from: expected supergateway or mcp-proxy for a command line, found '{:.60}'", from);
  }
  if (arguments.file.empty())
    return "expected the configuration of another program, or a command line:\n"
           "  mcp-gateway import FILE    or    mcp-gateway import -- npx -y supergateway --stdio \"COMMAND\"";
  if (from.empty() || imports::kind_named(from)) return {};
  return fmt::format("--from: expected one of {}, found '{:.60}'", imports::kind_names(), from);
}

}  // namespace

void add_configuration_commands(CLI::App& app, Arguments& arguments) {
  add_import(app, arguments);
  add_editing(app, arguments);
}

std::string usage_of_configuration_command(std::string_view command) {
  if (command == "import")
    return "mcp-gateway import [OPTIONS] FILE\n       mcp-gateway import [OPTIONS] -- COMMAND [ARGUMENTS...]";
  if (command == "add") return "mcp-gateway add [OPTIONS] NAME -- COMMAND [ARGUMENTS...]";
  if (command == "remove") return "mcp-gateway remove [OPTIONS] NAME";
  return command == "list" ? "mcp-gateway list [FILE]" : std::string{};
}

std::string missing_for_configuration(Arguments const& arguments) {
  return arguments.command == "import" ? missing_for_import(arguments) : missing_for_editing(arguments);
}

}  // namespace gateway::cli
