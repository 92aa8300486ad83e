#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "gateway/imports/bridge.h"
#include "gateway/imports/flags.h"
#include "gateway/imports/public_url.h"

namespace gateway::imports {

namespace {

constexpr std::array<FlagForm, 18> kSupergatewayFlags{{
    {"--stdio"},
    {"--sse"},
    {"--streamableHttp"},
    {"--outputTransport"},
    {"--port"},
    {"--host"},
    {"--baseUrl"},
    {"--ssePath"},
    {"--messagePath"},
    {"--streamableHttpPath"},
    {"--stateful", "", Takes::None},
    {"--sessionTimeout"},
    {"--header", "", Takes::Some},
    {"--oauth2Bearer"},
    {"--logLevel"},
    {"--cors", "", Takes::Any},
    {"--healthEndpoint", "", Takes::Some},
    {"--protocolVersion"},
}};

constexpr auto kRemote = "connects to a remote server, and mcp-gateway starts programs: expected --stdio \"COMMAND\"";

class SupergatewayLine {
 public:
  Result<BridgeLine> line_from(SeenLine const& seen) {
    for (auto const& flag : seen.flags)
      if (wrong_.empty()) take_flag(flag, flag.values.empty() ? std::string{} : flag.values.front());
    for (auto const& flag : seen.unknown) tell(flag, "Not taken: supergateway has no such flag");
    for (auto const& word : seen.words) tell(fmt::format("'{:.60}'", word), "Not taken: no flag stands before it");
    if (wrong_.empty() && line_.server.is_null()) wrong_ = "expected --stdio \"COMMAND\", found none";
    if (!wrong_.empty()) return Error{wrong_};
    if (is_stateful_ && transport_ == "streamableHttp") line_.server["isolation"] = "session";
    return std::move(line_);
  }

 private:
  void tell(std::string flag, std::string what) { line_.remarks.push_back({std::move(flag), std::move(what)}); }

  void take_flag(SeenFlag const& flag, std::string const& value) {
    auto const& name = flag.name;
    if (name == "--stdio") {
      if (value.find_first_not_of(' ') == value.npos) wrong_ = "--stdio: expected a command, found nothing";
      line_.server = entry_of_line(name, value, Quoting::OfAShell, line_);
    } else if (name == "--sse" || name == "--streamableHttp") {
      wrong_ = fmt::format("{} {}", name, kRemote);
    } else if (name == "--port") {
      take_port(name, value);
    } else if (name == "--host") {
      line_.host = value;
    } else if (name == "--outputTransport") {
      take_transport(value);
    } else if (name == "--stateful") {
      is_stateful_ = value != "false";
    } else if (name == "--cors") {
      take_origins(flag);
    } else {
      take_setting(flag, value);
    }
  }

  void take_port(std::string const& name, std::string const& value) {
    auto const port = port_of(name, value);
    if (!port) {
      wrong_ = port.error().what;
      return;
    }
    line_.port = *port;
  }

  void take_transport(std::string const& value) {
    transport_ = value;
    if (value == "sse" || value == "streamableHttp") return;  // both are served
    wrong_ = fmt::format(
        "--outputTransport: expected sse or streamableHttp, found '{:.60}', which mcp-gateway does not "
        "serve",
        value);
  }

  void take_origins(SeenFlag const& flag) {
    if (flag.values.empty()) return allow_origin(flag.name, "*", line_);
    for (auto const& origin : flag.values) allow_origin(flag.name, origin, line_);
  }

  void take_setting(SeenFlag const& flag, std::string const& value) {
    auto const& name = flag.name;
    if (name == "--baseUrl") {
      set_public_url(name, value, line_.gateway, line_.remarks);
    } else if (name == "--sessionTimeout") {
      take_timeout(name, value);
    } else if (name == "--logLevel") {
      line_.gateway["log"]["level"] = value == "debug" ? "debug" : value == "none" ? "error" : "info";
    } else if (name == "--ssePath") {
      expect_path(name, value, "/sse");
    } else if (name == "--streamableHttpPath") {
      expect_path(name, value, "/mcp");
    } else if (name == "--messagePath") {
      // Clients are told it by the stream, and ask for no other.
      if (value != "/message") tell(name, "Not taken: the path is /messages, as each stream tells its client");
    } else if (name == "--healthEndpoint") {
      for (auto const& path : flag.values) expect_path(name, path, "/health");
    } else if (name == "--header") {
      tell(name, "Not taken: responses get no headers of their own");
    } else if (name == "--oauth2Bearer") {
      tell(name, "Not taken: it is for remote servers");
    } else {
      tell(name, "Not taken: clients and servers agree on a revision themselves");
    }
  }

  void take_timeout(std::string const& name, std::string const& value) {
    int time = 0;
    auto const [end, problem] = std::from_chars(value.data(), value.data() + value.size(), time);
    if (problem != std::errc{} || end != value.data() + value.size() || time <= 0) {
      wrong_ = fmt::format("{}: expected milliseconds above 0, found '{:.60}'", name, value);
      return;
    }
    if (time < 1000) tell(name, "Read as 1s, the shortest there is");
    line_.gateway["limits"]["session_idle_timeout"] = fmt::format("{}ms", time < 1000 ? 1000 : time);
  }

  void expect_path(std::string const& name, std::string const& found, std::string_view ours) {
    if (found != ours) tell(name, fmt::format("Not taken: the path is {}", ours));
  }

  BridgeLine line_{.bridge = Bridge::Supergateway, .port = 8000};
  std::string transport_ = "sse";
  bool is_stateful_ = false;
  std::string wrong_;
};

}  // namespace

Result<BridgeLine> read_supergateway(std::span<std::string const> flags) {
  auto const seen = read_flags(flags, kSupergatewayFlags, Unknown::WithValue);
  if (!seen) return seen.error();
  return SupergatewayLine{}.line_from(*seen);
}

}  // namespace gateway::imports
