// validate: uses an instance that runs as its clients do, and says what is not as it should be.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/base/url.h"
#include "gateway/build_info.h"
#include "gateway/cli/deployments.h"
#include "gateway/cli/target.h"
#include "gateway/deploy/exit_codes.h"
#include "gateway/http/client.h"

namespace gateway::cli {

namespace {

using ValidateJson = nlohmann::ordered_json;
using ValidateClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kHandshake{5};
constexpr std::chrono::seconds kAnyAnswer{30};
constexpr std::chrono::seconds kStability{60};
constexpr std::chrono::seconds kBetweenPings{1};
constexpr std::size_t kPings = 20;
constexpr milliseconds kSlowestP95{500};
constexpr std::string_view kWithSessions = "2025-11-25";
constexpr std::string_view kStateless = "2026-07-28";
constexpr std::string_view kNoToken = "not-a-token-of-this-gateway";
constexpr std::string_view kNoTool = "mcp-gateway-validate-no-such-tool";

/// The value of a header field; empty without it.
std::string field_of(std::string const& fields, std::string_view name) {
  std::istringstream in(fields);
  for (std::string line; std::getline(in, line);) {
    auto const colon = line.find(':');
    if (colon != name.size()) continue;
    auto const same = std::equal(name.begin(), name.end(), line.begin(),
                                 [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (!same) continue;
    auto const begin = line.find_first_not_of(' ', colon + 1);
    auto const end = line.find_last_not_of(" \r");
    return begin == line.npos || end < begin ? std::string{} : line.substr(begin, end - begin + 1);
  }
  return {};
}

ValidateJson request(std::string_view method, ValidateJson params = ValidateJson::object()) {
  return {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
}

ValidateJson client_info() { return {{"name", "mcp-gateway validate"}, {"version", std::string(kVersion)}}; }

/// An answer, as far as there was one.
struct Said {
  int status = 0;
  ValidateJson json{};
  std::string session{};
  milliseconds took{0};
  std::string trouble{};  ///< nobody answered
  int exit_code = 0;      ///< what that would end the program with

  [[nodiscard]] bool has(std::string_view member) const { return json.is_object() && json.contains(member); }
  [[nodiscard]] std::string in_words() const {
    if (!trouble.empty()) return trouble;
    if (has("error") && json["error"].is_object())
      return fmt::format("status {}, {}", status, json["error"].value("message", "an error without a message"));
    return fmt::format("status {}", status);
  }
};

struct Finding {
  std::string service{};  ///< empty: the gateway
  std::string check{};
  bool ok = false;
  std::string detail{};
};

class Validation {
 public:
  Validation(Arguments const& arguments, Target const& target, std::string token, std::ostream& out)
      : arguments_(arguments),
        target_(target),
        token_(std::move(token)),
        handshake_(or_usual(arguments.deployment.timeout, kHandshake)),
        out_(out) {}

  int validate() {
    auto const reached = ask_page(target_.ready);
    if (!reached.trouble.empty()) {
      found("", "ready", false, reached.trouble);
      return end(reached.exit_code);
    }
    found("", "ready", reached.status == 200, fmt::format("status {}", reached.status));
    for (auto const& service : target_.config.services)
      if (!service.disabled && service.available()) check_service(service);
    if (arguments_.deployment.comprehensive) {
      check_stability();
      check_metrics();
      check_logs();
    }
    for (auto const& [service, session] : sessions_)
      (void)ask(service, "DELETE", fmt::format("{}Mcp-Session-Id: {}\r\n", bearer(token_), session), {}, kAnyAnswer);
    auto const well = std::ranges::all_of(findings_, &Finding::ok);
    return end(well ? deploy::kWell : deploy::kCheckFailed);
  }

 private:
  static std::string bearer(std::string_view token) {
    return token.empty() ? std::string{} : fmt::format("Authorization: Bearer {}\r\n", token);
  }

  Said ask_url(std::string const& address, std::string_view method, std::string const& fields, std::string const& body,
               milliseconds patience) {
    Said said;
    auto const url = parse_web_url(address);
    if (!url) return {.trouble = fmt::format("{} is no URL", address), .exit_code = deploy::kWrongUsage};
    auto const began = ValidateClock::now();
    auto const answer = http::ask(*url, {.method = method, .host = "localhost", .fields = fields, .body = body},
                                  patience, target_.main.trust);
    said.took = std::chrono::duration_cast<milliseconds>(ValidateClock::now() - began);
    if (!answer) {
      said.trouble = fmt::format("{}: {}", address, answer.error().what);
      said.exit_code = exit_code_of(answer.error());
      return said;
    }
    said.status = answer->status;
    said.json = ValidateJson::parse(answer->body, nullptr, false);
    said.session = field_of(answer->fields, "mcp-session-id");
    text_ = answer->body;
    return said;
  }

  Said ask_page(std::string_view page) {
    return ask_url(*url_of(target_.health.text, page, NamedPage::Replace), "GET", {}, {}, kAnyAnswer);
  }

  Said ask(std::string const& service, std::string_view method, std::string const& fields, std::string const& body,
           milliseconds patience) {
    auto const address = fmt::format("{}/{}/mcp", target_.main.text, service);
    auto const all = fmt::format("Accept: application/json\r\nContent-Type: application/json\r\n{}", fields);
    return ask_url(address, method, all, body, patience);
  }

  Said post(std::string const& service, ValidateJson const& body, std::string const& fields, milliseconds patience) {
    return ask(service, "POST", fields, body.dump(), patience);
  }

  /// In the session of the service.
  Said in_session(std::string const& service, ValidateJson const& body) {
    return post(service, body, fmt::format("{}Mcp-Session-Id: {}\r\n", bearer(token_), sessions_[service]), kAnyAnswer);
  }

  void check_service(config::ServiceConfig const& service) {
    auto const& name = service.name;
    if (target_.config.gateway.auth.required()) check_refusal(name);
    if (!shake_hands(name)) return;
    discover(name);
    check_tools(service);
    if (!arguments_.deployment.comprehensive) return;
    check_wrong_input(name);
    check_latency(name);
  }

  static ValidateJson initialize() {
    return request(
        "initialize",
        {{"protocolVersion", kWithSessions}, {"capabilities", ValidateJson::object()}, {"clientInfo", client_info()}});
  }

  void check_refusal(std::string const& service) {
    auto const other = post(service, initialize(), bearer(kNoToken), kAnyAnswer);
    auto const none = post(service, initialize(), {}, kAnyAnswer);
    found(service, "token", other.status == 401 && none.status == 401,
          fmt::format("a wrong token gets {}, none gets {}", other.in_words(), none.in_words()));
  }

  bool shake_hands(std::string const& service) {
    auto const said = post(service, initialize(), bearer(token_), handshake_);
    auto const ok = said.status == 200 && said.has("result") && !said.session.empty();
    found(service, "handshake", ok,
          ok ? fmt::format("{} in {} ms", said.json["result"].value("protocolVersion", "?"), said.took.count())
             : said.in_words());
    if (!ok) return false;
    sessions_[service] = said.session;
    (void)in_session(service, {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}});
    return true;
  }

  void discover(std::string const& service) {
    auto const meta = ValidateJson{{"io.modelcontextprotocol/protocolVersion", kStateless},
                                   {"io.modelcontextprotocol/clientInfo", client_info()},
                                   {"io.modelcontextprotocol/clientCapabilities", ValidateJson::object()}};
    auto const fields =
        fmt::format("{}MCP-Protocol-Version: {}\r\nMcp-Method: server/discover\r\n", bearer(token_), kStateless);
    auto const said = post(service, request("server/discover", {{"_meta", meta}}), fields, handshake_);
    auto const ok = said.status == 200 && said.has("result");
    found(service, "discover", ok, ok ? fmt::format("{} in {} ms", kStateless, said.took.count()) : said.in_words());
  }

  void check_tools(config::ServiceConfig const& service) {
    auto const said = in_session(service.name, request("tools/list"));
    if (!said.has("result")) {
      // A server without tools says so.
      found(service.name, "tools", said.has("error") && !service.expected_tools.any(), said.in_words());
      return;
    }
    std::vector<std::string> names;
    for (auto const& tool : said.json["result"].value("tools", ValidateJson::array()))
      if (tool.is_object()) names.push_back(tool.value("name", ""));
    std::string missing;
    for (auto const& name : service.expected_tools.names)
      if (std::ranges::find(names, name) == names.end()) missing += " " + name;
    auto const ok = missing.empty() && names.size() >= service.expected_tools.count;
    found(service.name, "tools", ok,
          missing.empty() ? fmt::format("{} listed, expected {}", names.size(),
                                        std::max(service.expected_tools.count, service.expected_tools.names.size()))
                          : fmt::format("missing:{}", missing));
  }

  void check_wrong_input(std::string const& service) {
    auto const said =
        in_session(service, request("tools/call", {{"name", kNoTool}, {"arguments", ValidateJson::object()}}));
    auto const is_error = said.has("error") || (said.has("result") && said.json["result"].value("isError", false));
    found(service, "unknown tool", is_error, is_error ? "an error" : said.in_words());
    auto const broken = ask(service, "POST", bearer(token_), "{\"jsonrpc\":", kAnyAnswer);
    found(service, "broken JSON", broken.status == 400, broken.in_words());
  }

  void check_latency(std::string const& service) {
    std::vector<milliseconds> took;
    for (std::size_t i = 0; i < kPings; ++i) {
      auto const said = in_session(service, request("ping"));
      if (!said.has("result")) return found(service, "latency", false, said.in_words());
      took.push_back(said.took);
    }
    std::ranges::sort(took);
    auto const p95 = took[kPings * 95 / 100 - 1];
    found(service, "latency", p95 <= kSlowestP95, fmt::format("p95 of {} pings {} ms", kPings, p95.count()));
  }

  /// All sessions at once.
  void check_stability() {
    auto const watched = or_usual(arguments_.deployment.stability, kStability);
    auto const until = ValidateClock::now() + watched;
    std::map<std::string, std::string> lost;
    while (true) {
      for (auto const& [service, session] : sessions_) {
        auto const said = in_session(service, request("ping"));
        if (!said.has("result")) lost.try_emplace(service, said.in_words());
      }
      auto const left = until - ValidateClock::now();
      if (left.count() <= 0) break;
      std::this_thread::sleep_for(std::min<ValidateClock::duration>(left, kBetweenPings));
    }
    for (auto const& [service, session] : sessions_) {
      auto const found_lost = lost.find(service);
      auto const ok = found_lost == lost.end();
      found(service, "stability", ok,
            ok ? fmt::format("a session answered for {} ms", watched.count()) : found_lost->second);
    }
  }

  void check_metrics() {
    auto const page = ask_page("/metrics");
    for (auto const& [service, session] : sessions_) {
      auto const ok = page.status == 200 && is_counted(service);
      found(service, "metrics", ok, ok ? "counted" : fmt::format("{}, without its requests", page.in_words()));
    }
  }

  /// Whether the page of metrics has requests of the service.
  [[nodiscard]] bool is_counted(std::string const& service) const {
    auto const label = fmt::format("server=\"{}\"", service);
    std::istringstream in(text_);
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("mcp_server_requests_total{") && line.find(label) != line.npos) return true;
    return false;
  }

  /// Of an instance that was deployed the log is known.
  void check_logs() {
    auto const& log = target_.config.gateway.log;
    auto const text = deploy::content_of_file(state_of(arguments_).log(arguments_.profile));
    if (!text || !log.outputs.empty() || log.format == config::LogFormat::Text) return;
    std::istringstream in(*text);
    std::size_t lines = 0;
    std::size_t wrong = 0;
    auto audited = false;
    for (std::string line; std::getline(in, line);) {
      auto const json = ValidateJson::parse(line, nullptr, false);
      ++lines;
      if (!json.is_object() || !json.contains("event") || !json.contains("level")) ++wrong;
      audited = audited || line.find("\"audit.") != line.npos;
    }
    found("", "log", lines > 0 && wrong == 0,
          fmt::format("{} lines, {} of them no JSON with level and event", lines, wrong));
    if (log.audit && !sessions_.empty())
      found("", "audit", audited, audited ? "calls are recorded" : "no call is recorded");
  }

  void found(std::string service, std::string check, bool ok, std::string detail) {
    findings_.push_back({std::move(service), std::move(check), ok, std::move(detail)});
    auto const& last = findings_.back();
    if (arguments_.deployment.json) return;
    out_ << fmt::format("{}  {:<16} {:<13} {}\n", ok ? "ok  " : "FAIL", last.service.empty() ? "gateway" : last.service,
                        last.check, last.detail)
         << std::flush;
  }

  int end(int code) {
    if (arguments_.deployment.json) {
      auto list = ValidateJson::array();
      for (auto const& each : findings_)
        list.push_back({{"service", each.service}, {"check", each.check}, {"ok", each.ok}, {"detail", each.detail}});
      out_ << ValidateJson{{"profile", arguments_.profile}, {"ok", code == 0}, {"checks", list}}.dump() << '\n';
      return code;
    }
    auto const failed = std::ranges::count(findings_, false, &Finding::ok);
    out_ << fmt::format("{}: {} checks, {} failed\n", arguments_.profile, findings_.size(), failed);
    return code;
  }

  Arguments const& arguments_;
  Target const& target_;
  std::string token_;
  milliseconds handshake_;
  std::ostream& out_;
  std::vector<Finding> findings_;
  std::map<std::string, std::string> sessions_;  ///< by service
  std::string text_;                             ///< of the last answer
};

/// A token of a client: of a file, of the environment, or the first of the configuration that can be shown.
Result<std::string> token_for(Arguments const& arguments, config::Config const& config) {
  if (auto const& file = arguments.deployment.token_file; !file.empty()) {
    auto text = deploy::content_of_file(file);
    if (!text) return text.error();
    text->erase(text->find_last_not_of(" \r\n\t") + 1);
    return *text;
  }
  auto const* const variable = std::getenv("MCP_GATEWAY_TOKEN");
  if (variable != nullptr && *variable != '\0') return std::string(variable);
  for (auto const& token : config.gateway.auth.tokens)
    if (!token.token.empty()) return token.token.reveal();
  if (!config.gateway.auth.required()) return std::string{};
  return Error{
      "clients need a token, and the configuration has none that can be shown; expected --token-file FILE or "
      "MCP_GATEWAY_TOKEN"};
}

}  // namespace

int validate_instance(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const target = find_target(arguments, errors);
  if (!target) return deploy::kWrongUsage;
  auto token = token_for(arguments, target->config);
  if (!token) {
    errors << fmt::format("validate: {}\n", token.error().what);
    return deploy::kWrongUsage;
  }
  return Validation(arguments, *target, *std::move(token), out).validate();
}

}  // namespace gateway::cli
