#include "gateway/cli/connect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <utility>

#include "gateway/cli/address.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/load_config.h"
#include "gateway/config/expand.h"
#include "gateway/config/json.h"
#include "gateway/config/values.h"
#include "gateway/remote/connect.h"

namespace gateway::cli {

namespace {

/// The token for a service of a configuration.
constexpr char const* kTokenVariable = "MCP_GATEWAY_TOKEN";

constexpr std::string_view kConnectHelp =
    "stdin and stdout are the client's, stderr is the log. ${NAME} in a URL or a header is a variable of the\n"
    "environment, and ${file:/path} the content of a file: in single quotes, so that the shell leaves it, and no\n"
    "secret stands on the command line. For a service of a configuration, MCP_GATEWAY_TOKEN is the token to show.\n"
    "Examples:\n"
    "  mcp-gateway connect https://mcp.example.com/mcp\n"
    "  mcp-gateway connect https://mcp.example.com/mcp --header 'Authorization: Bearer ${TOKEN}'\n"
    "  mcp-gateway connect github --config gateway.json\n"
    "Exit codes: 0 stdin ended or a signal came, 2 wrong command line or configuration.";

void add_patience(CLI::App& command, std::string const& name, std::chrono::milliseconds& into,
                  std::string const& sentence) {
  auto const read = [&into, name](std::string const& text) {
    auto const time = config::parse_duration(text);
    if (!time)
      throw CLI::ValidationError(name, fmt::format("expected a time such as 30s or 10m, found '{:.60}'", text));
    into = *time;
  };
  command.add_option_function<std::string>(name, read, sentence)->option_text("TIME");
}

/// The text with what its references stand for.
Result<std::string> with_variables(std::string const& name, std::string const& text) {
  config::ConfigReport report;
  config::Json value = text;
  config::expand_variables(config::ConfigPlace{report, name}, value, config::process_environment());
  if (!report.errors.empty()) return Error{fmt::format("{}: {}", name, report.errors.front().what)};
  return value.get<std::string>();
}

/// `Name: value`, fit to be sent.
Result<std::string> read_header(std::string const& text) {
  auto expanded = with_variables("--header", text);
  if (!expanded) return expanded;
  auto const colon = expanded->find(':');
  auto const fits = [](char c) { return c == '\t' || (c >= ' ' && c != 0x7f); };
  // The value may be a secret.
  if (colon == expanded->npos || !config::is_header_name(expanded->substr(0, colon)))
    return Error{"--header: expected 'Name: value', found something else"};
  if (!std::ranges::all_of(*expanded, fits))
    return Error{
        fmt::format("--header: the value of {} has line ends or other control characters", expanded->substr(0, colon))};
  return expanded;
}

bool names_url(std::string_view text) { return text.find("://") != text.npos || text.starts_with("${"); }

/// The URL of a service, and the header with its token.
struct Found {
  std::string url;
  std::optional<std::string> header{};
};

Result<Found> remote_service(Arguments const& arguments, std::ostream& errors) {
  auto files = arguments.config();
  if (files.file.empty()) files.file = usual_config_file();
  auto const config = load_config(files, errors);
  if (!config) return Error{"the configuration is wrong"};
  auto url = service_address(*config, arguments.connect_to.target);
  if (!url) return url.error();
  auto const* const token = std::getenv(kTokenVariable);
  if (token == nullptr || *token == '\0') return Found{.url = *std::move(url)};
  return Found{.url = *std::move(url), .header = fmt::format("Authorization: Bearer {}", token)};
}

Result<Found> remote_target(Arguments const& arguments, std::ostream& errors) {
  auto const& target = arguments.connect_to.target;
  if (!names_url(target)) return remote_service(arguments, errors);
  if (!arguments.file.empty()) return Error{"--config belongs to the name of a service, and a URL was found"};
  auto url = with_variables("URL", target);
  if (!url) return url.error();
  return Found{.url = *std::move(url)};
}

remote::TransportChoice transport_of(std::string_view word) {
  if (word == "http") return remote::TransportChoice::Http;
  return word == "sse" ? remote::TransportChoice::Sse : remote::TransportChoice::Auto;
}

Result<remote::Settings> settings_of(Arguments const& arguments, std::ostream& errors) {
  auto const& asked = arguments.connect_to;
  auto found = remote_target(arguments, errors);
  if (!found) return found.error();
  auto address = fetch::WebAddress::from(found->url);
  // What a variable stands for may be a secret, wherever it is.
  if (address && asked.target.find("${") != std::string::npos) address->show_only_origin();
  if (!address) return Error{"expected a URL such as https://mcp.example.com/mcp, or the name of a service"};
  remote::Settings settings{.address = *std::move(address),
                            .transport = transport_of(asked.transport),
                            .ca_file = asked.ca_file,
                            .connect_timeout = asked.connect_timeout,
                            .call_timeout = asked.timeout};
  if (found->header) settings.fields.push_back(*found->header);
  for (auto const& text : asked.headers) {
    auto header = read_header(text);
    if (!header) return header.error();
    settings.fields.push_back(*std::move(header));
  }
  return settings;
}

}  // namespace

void add_connect(CLI::App& app, Arguments& arguments) {
  auto& asked = arguments.connect_to;
  auto* const command = app.add_subcommand(
      "connect", "Bring a remote MCP server to a client that starts programs, over stdin and stdout");
  command->add_option("URL|SERVICE", asked.target, "The server's URL, or a service of a configuration")
      ->option_text(" ");
  command
      ->add_option("--config,-c", arguments.file,
                   "The configuration with the service; usually $MCP_GATEWAY_CONFIG, or gateway.json here")
      ->option_text("FILE");
  command->add_option("--transport", asked.transport, "auto, http (Streamable HTTP) or sse (HTTP with SSE): auto")
      ->option_text("KIND")
      ->check(CLI::IsMember({"auto", "http", "sse"}));
  command->add_option("--header,-H", asked.headers, "A header of every request, 'Name: value'; repeat for more")
      ->option_text("HEADER")
      ->allow_extra_args(false);
  command->add_option("--ca", asked.ca_file, "Authorities to trust besides the system's, for https; PEM")
      ->option_text("FILE");
  add_patience(*command, "--connect-timeout", asked.connect_timeout, "For name, connection and TLS: 10s");
  add_patience(*command, "--timeout", asked.timeout, "For an answer, or progress; 0s is no limit: 5m");
  command->footer(std::string(kConnectHelp));
}

int connect(Arguments const& arguments, std::ostream& errors) {
  auto settings = settings_of(arguments, errors);
  if (!settings) {
    errors << "connect: " << settings.error().what << '\n';
    return kUsageError;
  }
  remote::connect(*std::move(settings));
  return 0;
}

}  // namespace gateway::cli
