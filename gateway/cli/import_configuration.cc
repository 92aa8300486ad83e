#include "gateway/cli/import_configuration.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <variant>

#include "gateway/base/counted.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/cli/replace_file.h"
#include "gateway/config/layout.h"
#include "gateway/imports/import_file.h"
#include "gateway/imports/import_line.h"

namespace gateway::cli {

namespace {

/// The folder an editor has open whose settings these are; empty where the file lies elsewhere.
std::string workspace_of(std::string const& file) {
  std::error_code unknown;
  auto const folder = std::filesystem::absolute(file, unknown).lexically_normal().parent_path();
  auto const is_settings = folder.filename() == ".vscode" || folder.filename() == ".cursor";
  return is_settings && file != "-" ? folder.parent_path().string() : std::string{};
}

int tell_errors(std::string const& file, config::ConfigErrors const& wrong, std::ostream& errors) {
  errors << fmt::format("{}: {}\n", name_of_config(file), counted(wrong.errors.size(), "error"));
  for (auto const& error : wrong.errors) errors << fmt::format("  {}: {}\n", error.path, error.what);
  for (auto const& note : wrong.notes) errors << fmt::format("  note: {}: {}\n", note.path, note.what);
  return kUsageError;
}

void tell_remarks(imports::Imported const& imported, std::ostream& errors) {
  for (auto const& remark : imported.remarks) errors << fmt::format("note: {}: {}\n", remark.path, remark.what);
  if (imported.variables.empty()) return;
  errors << fmt::format("note: the gateway needs these variables in its environment: {}\n",
                        fmt::join(imported.variables, ", "));
}

int write_imported(Arguments const& arguments, std::string const& text, std::ostream& out, std::ostream& errors) {
  auto const& asked = arguments.configuration;
  if (asked.output.empty()) {
    out << text;
    return 0;
  }
  if (!asked.force && ::access(asked.output.c_str(), F_OK) == 0) {
    errors << fmt::format("import: {} is there already; --force replaces it\n", asked.output);
    return 1;
  }
  auto const written = asked.force ? replace_file(asked.output, text) : create_file(asked.output, text);
  if (!written) errors << fmt::format("import: {}\n", written.error().what);
  return written ? 0 : 1;
}

}  // namespace

int import_configuration(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const& from = arguments.configuration.from;
  imports::Outcome outcome;
  if (!arguments.server.empty()) {
    outcome = imports::import_line(arguments.server, imports::bridge_named(from), read_config_file);
  } else {
    auto const text = read_config_file(arguments.file);
    if (!text) {
      errors << text.error().what << '\n';
      return kUsageError;
    }
    outcome = imports::import_file(
        {.text = *text, .kind = imports::kind_named(from), .workspace = workspace_of(arguments.file)});
  }
  if (auto const* const wrong = std::get_if<config::ConfigErrors>(&outcome))
    return tell_errors(arguments.server.empty() ? arguments.file : std::string("import"), *wrong, errors);
  auto const& imported = std::get<imports::Imported>(outcome);
  tell_remarks(imported, errors);
  return write_imported(arguments, config::laid_out(imported.config) + "\n", out, errors);
}

}  // namespace gateway::cli
