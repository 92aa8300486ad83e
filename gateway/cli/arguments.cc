#include "gateway/cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "gateway/cli/address.h"
#include "gateway/cli/hints.h"
#include "gateway/cli/load_config.h"

namespace gateway::cli {

namespace {

constexpr std::string_view kFirstHelp =
    "Examples:\n"
    "  mcp-gateway run gateway.json                     the servers of a file, at /NAME/mcp and /NAME/sse\n"
    "  mcp-gateway run --port 8080 -- node server.js    one server, at /mcp and /sse\n"
    "  mcp-gateway check gateway.json --connect         start each server once and say what it offers\n"
    "  mcp-gateway connect https://host/mcp             a remote server, for a client that starts programs\n"
    "  mcp-gateway help run                             every option of a command\n"
    "Called as health-check, it is that command; mcp-server and load-balancer are other names for it.\n"
    "Exit codes: 0 ok, 1 failed, 2 wrong command line or configuration.";

constexpr std::string_view kRunHelp =
    "What stands behind -- is a server's command line, and is passed on as it stands.\n"
    "The server gets stdin and stdout for MCP, and of the gateway's environment only PATH, HOME, LANG,\n"
    "LANGUAGE, LC_*, TZ, TMPDIR, USER, LOGNAME, SHELL and TERM, those of --pass-env, and what --env says\n"
    "(which other users of the machine see in ps). A file says the same and more: docs/config.md.\n"
    "Examples:\n"
    "  mcp-gateway run gateway.json --port 9000\n"
    "  mcp-gateway run --compat supergateway ARGUMENTS...     or mcp-proxy, with the flags of that program\n"
    "  GITHUB_TOKEN=... mcp-gateway run --pass-env GITHUB_TOKEN --admin 9090 -- github-mcp-server stdio\n"
    "  mcp-gateway run --host 0.0.0.0 --token-file /run/secrets/token -- npx -y @scope/server";

constexpr std::string_view kCheckHelp = "Exit codes: 0 every service can start, 1 one cannot, 2 the file is wrong.";

constexpr std::string_view kDoctorHelp = "Exit codes: 0 everything works, 1 something does not, 2 the file is wrong.";

constexpr std::string_view kAddressHelp =
    "ADDRESS is the gateway's admin listener: 9090, HOST:9090, or http[s]://HOST:9090; 127.0.0.1:9090 when it is left "
    "out.";

// ── the subcommands and their options ────────────────────────────────────────

void add_profile(CLI::App& command, Arguments& arguments) {
  command.add_option("--profile", arguments.profile, "Lay profiles/NAME.json over the configuration; or set MCP_ENV")
      ->option_text("NAME");
}

void add_file(CLI::App& command, Arguments& arguments) {
  command.add_option("FILE,--config,-c", arguments.file, "The configuration, JSON; - is stdin")->option_text(" ");
  command.add_option("--service,-s", arguments.services, "Of the file only this service; repeat for more")
      ->option_text("NAME")
      ->allow_extra_args(false);
  add_profile(command, arguments);
}

void add_run(CLI::App& app, Arguments& arguments) {
  auto* const run = app.add_subcommand("run", "Serve the servers of a file, or one behind --, until Ctrl-C or SIGTERM");
  add_file(*run, arguments);
  for (auto const& flag : run_flags()) {
    auto* const option = run->add_option(fmt::format("{}{}", flag.name, flag.letter),
                                         arguments.flags[std::string(flag.name)], std::string(flag.sentence));
    option->option_text(std::string(flag.value))->allow_extra_args(false);
    option->group(flag.about == About::Gateway ? "The gateway (a file's settings give way to these)"
                                               : "The server behind --");
  }
  run->add_flag("--allow-unauthenticated", arguments.allow_unauthenticated,
                "Listen beyond this machine although no token is asked for")
      ->group("The gateway (a file's settings give way to these)");
  run->footer(std::string(kRunHelp));
}

void add_check(CLI::App& app, Arguments& arguments) {
  auto* const check = app.add_subcommand("check", "Check a configuration, and say everything that is wrong");
  add_file(*check, arguments);
  check->add_flag("--connect", arguments.connect, "Also start each server once and list its tools");
  auto* const as =
      check->add_option("--as", arguments.asked.name,
                        "Also say what a principal may do: the name of a token, ISSUER:SUBJECT, or cert:NAME");
  as->option_text("NAME");
  check->add_option("--scope", arguments.asked.scopes, "With --as ISSUER:SUBJECT: a scope of its token; repeatable")
      ->option_text("SCOPE")
      ->needs(as)
      ->allow_extra_args(false);
  check->add_option("--claim", arguments.asked.claims, "With --as ISSUER:SUBJECT: a claim of its token; repeatable")
      ->option_text("NAME=VALUE")
      ->needs(as)
      ->allow_extra_args(false);
  check->footer(std::string(kCheckHelp));
}

void add_doctor(CLI::App& app, Arguments& arguments) {
  auto* const doctor =
      app.add_subcommand("doctor", "Start each server once, and say where time goes, what is wrong, and what to do");
  add_file(*doctor, arguments);
  doctor->add_option("--url", arguments.address.text, "The address that clients use, to look at it from outside, too")
      ->option_text("URL");
  doctor
      ->add_option("--ca", arguments.address.trust.ca_file, "Authorities to trust besides the system's, for https; PEM")
      ->option_text("FILE");
  doctor->footer(std::string(kDoctorHelp));
}

constexpr std::string_view kLockHelp =
    "The lock file is gateway.pinned_tools.file of the configuration, unless --lock-file says another.\n"
    "Read what is said of a tool before it is pinned: clients give descriptions to their models.\n"
    "Examples:\n"
    "  mcp-gateway lock gateway.json                              say which tools are not as pinned\n"
    "  mcp-gateway lock gateway.json --write                      pin the tools of all services as they are now\n"
    "  mcp-gateway lock gateway.json --approve github/get_issue   pin one tool as it is now\n"
    "Exit codes: 0 all tools are as pinned, 1 some are not or a service cannot start, 2 the file is wrong.";

void add_lock(CLI::App& app, Arguments& arguments) {
  auto* const lock = app.add_subcommand("lock", "Compare the tools of each server with those reviewed, and pin them");
  add_file(*lock, arguments);
  lock->add_option("--lock-file", arguments.lock_file, "The lock file, instead of the configuration's")
      ->option_text("PATH");
  lock->add_flag("--check", arguments.compare, "Only say what differs; the same as neither --write nor --approve");
  lock->add_flag("--write", arguments.write, "Pin all tools as they are now");
  lock->add_option("--approve", arguments.approve,
                   "Pin the tools of a service, or one, as they are now; repeat for more")
      ->option_text("SERVICE[/TOOL]")
      ->allow_extra_args(false);
  lock->footer(std::string(kLockHelp));
}

/// `names` of the option that says where its admin listener is.
CLI::App* add_asking(CLI::App& app, Arguments& arguments, std::string const& name, std::string const& sentence,
                     std::string const& names = "ADDRESS,--url") {
  auto* const command = app.add_subcommand(name, sentence);
  auto& trust = arguments.address.trust;
  command->add_option(names, arguments.address.text, "Its admin listener")->option_text(" ");
  command->add_option("--ca", trust.ca_file, "Authorities to trust besides the system's, for https; PEM")
      ->option_text("FILE");
  command->add_option("--cert", trust.certificate, "Certificate to show, for https; PEM")->option_text("FILE");
  command->add_option("--key", trust.key, "Its key, where that is not in the same file; PEM")->option_text("FILE");
  command->add_flag_callback(
      "--insecure", [&trust] { trust.check = io::TlsTrust::Check::Nothing; }, "Accept any certificate, for https");
  command->footer(std::string(kAddressHelp));
  return command;
}

void add_canary(CLI::App& app, Arguments& arguments) {
  auto* const canary = add_asking(
      app, arguments, "canary",
      "Move a service of a running gateway to another version; with --wait, exit code 5 if it was rolled back",
      "--url");
  auto& asked = arguments.canary;
  canary->add_option("ACTION", asked.action, "status, start, promote, rollback or weights: status")
      ->option_text(" ")
      ->default_val("status")
      ->check(CLI::IsMember({"status", "start", "promote", "rollback", "weights"}));
  canary->add_option("SERVICE", asked.service, "Which service; of status, all by default")->option_text(" ");
  canary->add_option("MORE", asked.more, "Of start, the version; of weights, VERSION:PERCENT...")->option_text(" ");
  canary->add_flag("--wait", asked.wait, "Until it is over");
  canary->add_flag("--json", asked.json, "How the versions are, as JSON");
  canary->add_option("--token-file", asked.token_file, "The admin token; or set MCP_GATEWAY_ADMIN_TOKEN")
      ->option_text("FILE");
}

void add_asking_commands(CLI::App& app, Arguments& arguments) {
  add_asking(app, arguments, "health", "Ask a running gateway how it is; exit code 0 while requests are served");
  auto* const status = add_asking(app, arguments, "status",
                                  "Show the services of a running gateway; exit code 0 while requests are served");
  status->add_flag("--json", arguments.json, "All that is known, as JSON");
  auto* const reload = add_asking(app, arguments, "reload",
                                  "Have a running gateway read its configuration again; exit code 1 if it is refused");
  reload->add_flag("--dry-run", arguments.reload.dry_run, "Only say what would change");
  reload->add_flag("--json", arguments.reload.json, "What changes, as JSON");
  add_profile(*reload, arguments);
  reload->add_option("--config,-c", arguments.file, "The configuration that --profile belongs to")->option_text("FILE");
  reload->add_option("--token-file", arguments.reload.token_file, "The admin token; or set MCP_GATEWAY_ADMIN_TOKEN")
      ->option_text("FILE");
  auto* const upgrade =
      add_asking(app, arguments, "upgrade",
                 "Replace a running gateway by its program as it is now; exit code 1 if the old one goes on");
  upgrade->add_flag("--json", arguments.upgrade.json, "What came of it, as JSON");
  upgrade->add_option("--token-file", arguments.upgrade.token_file, "The admin token; or set MCP_GATEWAY_ADMIN_TOKEN")
      ->option_text("FILE");
  add_canary(app, arguments);
  auto* const top = add_asking(app, arguments, "top", "The same, again and again, until q is pressed");
  top->add_option("--interval", arguments.interval, "From one look to the next, 1 to 60: 2")
      ->option_text("SECONDS")
      ->check([](std::string const& text) {
        int seconds = 0;
        auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        auto const fits = problem == std::errc{} && end == text.data() + text.size() && seconds >= 1 && seconds <= 60;
        return fits ? std::string{} : fmt::format("expected 1..60 seconds, found '{}'", text);
      });
}

std::vector<std::string_view> names_of(CLI::App const& app) {
  std::vector<std::string_view> names;
  for (auto const* const command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string list_of(std::vector<std::string_view> const& names) {
  std::string list;
  for (auto const name : names) list += fmt::format("{}{}", list.empty() ? "" : ", ", name);
  return list;
}

// ── help ─────────────────────────────────────────────────────────────────────

/// How a command is written; the library knows neither "--" nor what is optional.
std::string usage_of(std::string_view command) {
  if (command == "run")
    return "mcp-gateway run [OPTIONS] FILE\n       mcp-gateway run [OPTIONS] -- COMMAND [ARGUMENTS...]";
  if (command == "check") return "mcp-gateway check [OPTIONS] FILE";
  if (command == "doctor") return "mcp-gateway doctor [OPTIONS] FILE";
  if (command == "lock") return "mcp-gateway lock [OPTIONS] FILE";
  if (command == "health") return "mcp-gateway health [OPTIONS] [ADDRESS]";
  if (command == "status") return "mcp-gateway status [OPTIONS] [ADDRESS]";
  if (command == "top") return "mcp-gateway top [OPTIONS] [ADDRESS]";
  if (command == "reload") return "mcp-gateway reload [OPTIONS] [ADDRESS]";
  if (command == "upgrade") return "mcp-gateway upgrade [OPTIONS] [ADDRESS]";
  if (command == "canary") return "mcp-gateway canary [OPTIONS] [ACTION [SERVICE [VERSION | VERSION:PERCENT...]]]";
  if (command == "connect") return "mcp-gateway connect [OPTIONS] URL\n       mcp-gateway connect [OPTIONS] SERVICE";
  if (command == "help") return "mcp-gateway help [COMMAND]";
  if (auto usage = usage_of_configuration_command(command); !usage.empty()) return usage;
  if (auto usage = usage_of_deployment(command); !usage.empty()) return usage;
  return command == "mcp-gateway" ? "mcp-gateway COMMAND [OPTIONS]" : fmt::format("mcp-gateway {}", command);
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at)) text.replace(at, what.size(), with);
}

std::string help_of(CLI::App const& command) {
  auto text = command.help();
  replace(text, "\n\n\n", "\n\n");
  replace(text, "Subcommands:", "Commands:");
  auto const begin = text.find("Usage: ");
  if (begin == text.npos) return text;
  return text.replace(begin, text.find('\n', begin) - begin, fmt::format("Usage: {}", usage_of(command.get_name())));
}

// ── what is wrong ────────────────────────────────────────────────────────────

Farewell wrong(std::string_view what) { return {kUsageError, fmt::format("{}\n", what)}; }

/// Words that no option and no position took.
Farewell wrong_extra(CLI::App const& command, std::string const& extra) {
  if (!extra.starts_with('-') || extra == "-") {
    return wrong(fmt::format("{}: found '{}', and expected nothing more; mcp-gateway help {} tells what it takes",
                             command.get_name(), extra, command.get_name()));
  }
  std::vector<std::string> names;
  for (auto const* const option : command.get_options()) {
    for (auto const& name : option->get_lnames()) names.push_back("--" + name);
  }
  std::vector<std::string_view> const views(names.begin(), names.end());
  return wrong(unknown_option(command.get_name(), extra, views));
}

/// What a shell makes of "$PORT" where PORT is not set. Only a path may be empty on purpose.
std::optional<std::string> empty_value(Given const& given) {
  for (auto const& flag : run_flags()) {
    auto const& values = given.find(flag.name)->second;
    if (flag.name == "--base-path" || std::find(values.begin(), values.end(), "") == values.end()) continue;
    return fmt::format("{}: expected {}, found an empty string; is a shell variable unset?", flag.name, flag.value);
  }
  return std::nullopt;
}

/// Options that others switch off, or that stand twice.
std::optional<std::string> contradiction(Arguments const& arguments) {
  auto const with_file = arguments.has_config();
  for (auto const& flag : run_flags()) {
    auto const& values = arguments.flags.find(flag.name)->second;
    if (flag.often == Often::Once && values.size() > 1) {
      return fmt::format("{} is given twice, as '{}' and '{}'", flag.name, values[0], values[1]);
    }
    if (with_file && flag.about == About::Server && !values.empty()) {
      return fmt::format("{} is for a server behind --; with a file it stands there, under mcpServers", flag.name);
    }
  }
  if (!with_file && !arguments.services.empty())
    return "--service chooses from a file, and there is only the command behind --";
  if (arguments.allow_unauthenticated && !arguments.flags.find("--token-file")->second.empty()) {
    return "--allow-unauthenticated and --token-file contradict each other: with a token every client must show it";
  }
  return std::nullopt;
}

std::optional<Farewell> judge_run(Arguments const& arguments) {
  auto const with_file = arguments.has_config();
  if (with_file && !arguments.server.empty()) {
    if (arguments.file.empty())
      return wrong("run: --profile belongs to a configuration file, and there is only the command behind --");
    return wrong(fmt::format("run: expected either a file or a command behind --, found both, '{}' and '{}'",
                             arguments.file, arguments.server.front()));
  }
  if (!with_file && arguments.server.empty()) {
    return wrong(
        "run: expected a configuration file or a server's command:\n"
        "  mcp-gateway run FILE    or    mcp-gateway run -- node server.js");
  }
  if (auto const why = empty_value(arguments.flags)) return wrong("run: " + *why);
  if (auto const why = contradiction(arguments)) return wrong("run: " + *why);
  return std::nullopt;
}

/// `run -- "npx -y pkg"`: no program has that name, its first word does.
std::optional<Farewell> judge_server(Arguments const& arguments, WordKinds const& kinds) {
  if (arguments.server.size() != 1 || arguments.command != "run") return std::nullopt;
  auto const& whole = arguments.server.front();
  auto const space = whole.find(' ');
  if (space == whole.npos || kinds.is_program(whole) || !kinds.is_program(whole.substr(0, space))) return std::nullopt;
  return wrong(fmt::format(
      "run: expected the program and its arguments as separate words, found them in one string; without the quotes: "
      "mcp-gateway run -- {}",
      whole));
}

std::optional<Farewell> judge(Arguments const& arguments) {
  auto const& command = arguments.command;
  if (command == "run") return judge_run(arguments);
  if (!usage_of_configuration_command(command).empty()) {
    auto const missing = missing_for_configuration(arguments);
    return missing.empty() ? std::nullopt : std::optional(wrong(fmt::format("{}: {}", command, missing)));
  }
  if (!arguments.server.empty()) {
    return wrong(
        fmt::format("{}: found a command behind --, '{}', which only run takes", command, arguments.server.front()));
  }
  if (command == "check" && !arguments.has_config())
    return wrong("check: expected a configuration file: mcp-gateway check FILE");
  if (command == "doctor" && !arguments.has_config())
    return wrong("doctor: expected a configuration file: mcp-gateway doctor FILE");
  if (command == "lock" && !arguments.has_config())
    return wrong("lock: expected a configuration file: mcp-gateway lock FILE");
  if (command == "connect") {
    auto const is_given = !arguments.connect_to.target.empty();
    return is_given ? std::nullopt
                    : std::optional(wrong("connect: expected a URL or a service: mcp-gateway connect "
                                          "https://mcp.example.com/mcp"));
  }
  if (arguments.write + arguments.compare + !arguments.approve.empty() > 1)
    return wrong("lock: expected only one of --check, --write and --approve");
  if (is_deployment_command(command)) {
    auto const missing = missing_in(arguments);
    return missing.empty() ? std::nullopt : std::optional(wrong(fmt::format("{}: {}", command, missing)));
  }
  if (command == "canary") {
    if (auto const missing = missing_in(arguments.canary); !missing.empty()) return wrong("canary: " + missing);
  }
  auto const url = url_of(arguments.address.text, "/", NamedPage::Ask);
  return url ? std::nullopt : std::optional(wrong(fmt::format("{}: {}", command, url.error().what)));
}

// ── parsing ──────────────────────────────────────────────────────────────────

/// The child's command line is everything behind "--", untouched.
std::vector<std::string> take_server(std::vector<std::string>& words) {
  auto const dashes = std::find(words.begin(), words.end(), "--");
  if (dashes == words.end()) return {};
  std::vector<std::string> server(dashes + 1, words.end());
  words.erase(dashes, words.end());
  return server;
}

/// `help`, `help run`.
Farewell help(CLI::App& app, std::span<std::string const> words) {
  if (words.size() < 2) return {0, help_of(app)};
  auto const names = names_of(app);
  if (std::find(names.begin(), names.end(), words[1]) != names.end())
    return {0, help_of(*app.get_subcommand(words[1]))};
  return wrong(fmt::format("help: unknown command '{}'; there are {}", words[1], list_of(names)));
}

/// What can be said without parsing the rest.
std::optional<Farewell> judge_first_word(CLI::App& app, std::vector<std::string>& words, Arguments const& arguments,
                                         WordKinds const& kinds) {
  if (words.empty() && !arguments.server.empty()) {
    return wrong(fmt::format("expected a command before --; did you mean 'mcp-gateway run -- {}'?",
                             shell_words(arguments.server)));
  }
  if (words.empty()) return Farewell{kUsageError, help_of(app)};
  auto const& first = words.front();
  if (first == "--version" || first == "-V" || first == "-v") words.front() = "version";
  if (first == "help" || first == "--help" || first == "-h") return help(app, words);
  auto const names = names_of(app);
  if (std::find(names.begin(), names.end(), first) != names.end()) return std::nullopt;
  return wrong(fmt::format("{}\ncommands: {}; mcp-gateway help tells more",
                           unknown_command(words, arguments.server, names, kinds), list_of(names)));
}

std::optional<Farewell> judge_run_line(std::vector<std::string> const& words, WordKinds const& kinds) {
  if (words.front() != "run") return std::nullopt;
  auto const line = std::span(words).subspan(1);
  auto const at = first_word(line);
  auto const asks_for_help = std::find_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(at),
                                          [](auto const& word) { return word == "--help" || word == "-h"; });
  if (at == line.size() || asks_for_help != line.begin() + static_cast<std::ptrdiff_t>(at)) return std::nullopt;
  auto const why = not_a_file(line, at, kinds);
  return why.empty() ? std::nullopt : std::optional(wrong(why));
}

/// An option without its value, or with more than one.
Farewell wrong_count(CLI::App const& command, std::string_view what) {
  auto const name = what.substr(0, what.find(':'));
  if (what.find("At Most") == what.npos) {
    return wrong(fmt::format("{}: {} needs a value; mcp-gateway help {} tells which", command.get_name(), name,
                             command.get_name()));
  }
  auto const* const option = command.get_option_no_throw(std::string(name));
  auto const word = option == nullptr ? std::string{} : option->get_name(true);
  auto const same = word.empty() ? std::string{} : fmt::format(" ({} is the same)", word);
  return wrong(fmt::format("{}: {} is given more than once{}", command.get_name(), name, same));
}

std::optional<Farewell> parse(CLI::App& app, std::vector<std::string> words) {
  auto& command = *app.get_subcommand(words.front());
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(std::move(words));
  } catch (CLI::CallForHelp const&) {
    return Farewell{0, help_of(command)};
  } catch (CLI::ArgumentMismatch const& error) {
    return wrong_count(command, error.what());
  } catch (CLI::ParseError const& error) {
    return wrong(fmt::format("{}: {}; mcp-gateway help {} tells what it takes", command.get_name(), error.what(),
                             command.get_name()));
  }
  if (auto const extras = command.remaining(); !extras.empty()) return wrong_extra(command, extras.front());
  return std::nullopt;
}

/// The variable is set for all commands of a shell, and concerns those with a configuration. The library would look at it
/// for commands that were not given, too.
void take_profile(CLI::App const& command, Arguments& arguments) {
  auto const* const option = command.get_option_no_throw("--profile");
  auto const* const value = std::getenv(kProfileVariable);
  if (option != nullptr && option->count() == 0 && value != nullptr && arguments.server.empty())
    arguments.profile = value;
}

}  // namespace

std::variant<Arguments, Farewell> read_arguments(std::vector<std::string> words, WordKinds const& kinds) {
  Arguments arguments;
  arguments.server = take_server(words);

  CLI::App app{
      "Serves stdio MCP servers as network services: each as SSE (/NAME/sse) and Streamable HTTP (/NAME/mcp),\n"
      "one supervised child for many clients.",
      "mcp-gateway"};
  app.footer(std::string(kFirstHelp));
  app.require_subcommand(0, 1);  // what follows one may have the name of another
  add_run(app, arguments);
  add_check(app, arguments);
  add_doctor(app, arguments);
  add_lock(app, arguments);
  add_connect(app, arguments);
  add_configuration_commands(app, arguments);
  add_asking_commands(app, arguments);
  add_deployment_commands(app, arguments);
  app.add_subcommand("schema", "Print the configuration's JSON Schema, for editors");
  app.add_subcommand("version", "Say which build this is");
  app.add_subcommand("help", "Say what the commands are, and what one takes: help run");
  app.add_flag(
      "--version,-V", [](std::int64_t) {}, "The same as version");  // was looked at before
  for (auto* const command : app.get_subcommands({})) {
    command->allow_extras();
    if (command->get_footer() == kFirstHelp) command->footer("");
  }

  if (auto const said = judge_first_word(app, words, arguments, kinds)) return *said;
  if (auto const said = judge_run_line(words, kinds)) return *said;
  arguments.command = words.front();
  if (auto const said = parse(app, std::move(words))) return *said;
  take_profile(*app.get_subcommand(arguments.command), arguments);
  if (auto const said = judge(arguments)) return *said;
  if (auto const said = judge_server(arguments, kinds)) return *said;
  return arguments;
}

}  // namespace gateway::cli
