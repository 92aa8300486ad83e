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
    "  mcp-gateway import -- npx -y supergateway --stdio 'uvx mcp-server-time' --port 8000\n"
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

void add_configuration_commands(CLI::App& app, Arguments& arguments) { add_import(app, arguments); }

std::string usage_of_configuration_command(std::string_view command) {
  if (command == "import")
    return "mcp-gateway import [OPTIONS] FILE\n       mcp-gateway import [OPTIONS] -- COMMAND [ARGUMENTS...]";
  return {};
}

std::string missing_for_configuration(Arguments const& arguments) { return missing_for_import(arguments); }

}  // namespace gateway::cli
