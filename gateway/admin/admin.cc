#include "gateway/admin/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/admin/status_json.h"
#include "gateway/base/json_text.h"
#include "gateway/frontend/denial.h"
#include "gateway/frontend/endpoint.h"
#include "gateway/frontend/http_tags.h"
#include "gateway/frontend/shown_token.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::admin {

namespace {

using backend::OperationEnd;

/// Each is sent an update every other second.
constexpr std::size_t kMaxStreams = 64;
constexpr unsigned kNewsSeconds = 2;
constexpr std::size_t kDenialsPerSecond = 5;
constexpr std::size_t kDefaultLogLines = 100;
constexpr std::size_t kMaxLogLines = 1000;

/// No framing by other sites, and no guessing of content types.
constexpr std::string_view kSecurity =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
constexpr std::string_view kNoContent = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

auth::StaticTokens token_of(config::GatewayConfig const& config) {
  if (config.admin_token.empty()) return {};
  return auth::StaticTokens({{.name = "admin", .token = config.admin_token}});
}

std::string error_json(std::string_view sentence) { return fmt::format("{{\"error\":{}}}\n", json_string(sentence)); }

int status_of(OperationEnd::Verdict verdict) {
  switch (verdict) {
    case OperationEnd::Verdict::Done: return 200;
    case OperationEnd::Verdict::NotPossible: return 409;
    case OperationEnd::Verdict::NotNow: return 503;
  }
  return 503;
}

int http_status_of(ReloadEnd::Verdict verdict) {
  switch (verdict) {
    case ReloadEnd::Verdict::Applied:
    case ReloadEnd::Verdict::Unchanged:
    case ReloadEnd::Verdict::Planned: return 200;
    case ReloadEnd::Verdict::Refused: return 422;
    case ReloadEnd::Verdict::NotNow: return 503;
  }
  return 503;
}

int http_status_of(UpgradeEnd::Verdict verdict) {
  switch (verdict) {
    case UpgradeEnd::Verdict::Upgraded: return 200;
    case UpgradeEnd::Verdict::Failed:
    case UpgradeEnd::Verdict::Refused: return 409;
    case UpgradeEnd::Verdict::NotNow: return 503;
  }
  return 503;
}

std::optional<config::LogLevel> log_level_from(std::string_view text) {
  for (auto const level :
       {config::LogLevel::Debug, config::LogLevel::Info, config::LogLevel::Warn, config::LogLevel::Error}) {
    if (text == to_text(level)) return level;
  }
  return std::nullopt;
}

/// The tool and arguments in a body, or why it is invalid.
Result<backend::CallTool> read_call(std::string_view body) {
  auto const tool = rpc::find_member(body, "tool");
  auto const arguments = rpc::find_member(body, "arguments");
  if (!rpc::is_string(tool)) return Error{"expected {\"tool\":\"NAME\",\"arguments\":{...}}"};
  if (!arguments.empty() && !rpc::is_object(arguments)) return Error{"arguments must be an object"};
  return backend::CallTool{rpc::unquote(tool), arguments.empty() ? "{}" : std::string(arguments)};
}

/// The process id of a child in a body; 0 if there is none.
pid_t read_pid(std::string_view body) {
  auto const text = rpc::find_member(body, "pid");
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

}  // namespace

Admin::Admin(Sources sources)
    : sources_(sources),
      hosts_(sources.config),
      token_(token_of(sources.config)),
      version_(fmt::format("{{\"version\":{},\"revision\":{},\"buildTime\":{},\"instance_id\":{}}}\n",
                           json_string(sources.about.version), json_string(sources.about.revision),
                           json_string(sources.about.build_time), json_string(sources.about.instance_id))),
      denials_(kDenialsPerSecond) {}

void Admin::take_up() {
  hosts_ = frontend::AllowedHosts(sources_.config);
  token_ = token_of(sources_.config);
  std::erase_if(histories_, [&](auto const& each) { return sources_.program.directory().find(each.first) == nullptr; });
}

// ── requests ─────────────────────────────────────────────────────────────────

void Admin::on_request(http::Exchange& exchange, http::Request const& request) {
  exchange.set_route(frontend::tag_of(metrics::Route::Admin));
  auto const& head = request.head;
  if (!host_allowed(head.host)) return forbid(exchange, head);
  auto const to = route(head.path);
  auto const reads = head.method == http::Method::Get || head.method == http::Method::Head;
  auto const fits = to.is_posted() ? head.method == http::Method::Post : reads;
  if (!fits && to.page != Page::None) {
    return answer(exchange, {.status = 405,
                             .content_type = {},
                             .body = {},
                             .fields = to.is_posted() ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n"});
  }
  if (to.is_posted()) return post(exchange, request, to);
  get(exchange, request, to);
}

void Admin::forbid(http::Exchange& exchange, http::RequestHead const& head) {
  sources_.metrics.auth_failed("host");
  if (denials_.take(sources_.clock.now())) {
    auto const remote = exchange.remote();
    sources_.log.warn("auth.denied",
                      "a request to the admin listener was refused: its Host is not among gateway.allowed_hosts",
                      {{"listener", "admin"},
                       {"reason", "host"},
                       {"shown", head.host.substr(0, 200)},
                       {"path", head.path},
                       {"remote", remote}});
  }
  auto const text = frontend::forbidden_text({.allowed = false, .reason = "host", .origin = {}, .shown = head.host});
  answer(exchange, {.status = 403, .body = error_json(text)});
}

void Admin::on_uncertified(std::string_view reason, std::string_view why, std::string_view remote) {
  sources_.metrics.auth_failed(reason);
  if (!denials_.take(sources_.clock.now())) return;
  sources_.log.warn("auth.denied",
                    "a client of the admin listener was not let in: its certificate is missing or not accepted",
                    {{"listener", "admin"}, {"reason", reason}, {"shown", why}, {"remote", remote}});
}

/// Also any name without a dot, as containers use: no site on the internet has one.
bool Admin::host_allowed(std::string_view host) const {
  auto const name = frontend::host_name(host);
  return name.find('.') == std::string::npos || hosts_.contains(name) ||
         sources_.program.directory().endpoints().by_host(host).has_value();
}

frontend::ListedService const* Admin::find_service(std::string_view name) const {
  return sources_.program.directory().find(name);
}

void Admin::get(http::Exchange& exchange, http::Request const& request, Route const& to) {
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  switch (to.page) {
    case Page::Status:
      if (!page_) page_.emplace();
      return answer(exchange, {.content_type = "text/html; charset=utf-8",
                               .body = std::string(page_->html()),
                               .fields = page_->security_policy()});
    case Page::Health: return ask_for_page(exchange, &Admin::health_page);
    case Page::Ready: return ask_for_page(exchange, &Admin::ready_page);
    case Page::ApiStatus: return ask_for_page(exchange, &Admin::status_answer);
    case Page::Versions: return ask_for_page(exchange, &Admin::versions_answer);
    // The loop is running, or this would not be answered.
    case Page::Live: return answer(exchange, {.content_type = kText, .body = "ok\n"});
    case Page::Version: return answer(exchange, {.body = version_});
    case Page::Metrics:
      return answer(exchange,
                    {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = sources_.metrics.text()});
    case Page::Events:
      if (request.head.method == http::Method::Get) return open_events(exchange);
      return answer(exchange, {.status = 405, .content_type = {}, .body = {}, .fields = "Allow: GET\r\n"});
    case Page::Log: return send_log(exchange, request);
    case Page::Tools:
      if (auto const* const service = find_service(to.service)) {
        return operate(exchange, *service, {}, backend::ListTools{});
      }
      return answer(exchange, {.status = 404, .body = error_json("there is no such service")});
    case Page::Restart:
    case Page::Renew:
    case Page::Drain:
    case Page::Undrain:
    case Page::Call:
    case Page::ResetCircuit:
    case Page::Canary:
    case Page::LogLevel:
    case Page::Reload:
    case Page::Upgrade:
    case Page::None: break;
  }
  answer(exchange, {.status = 404,
                    .content_type = kText,
                    .body = "not found; here are /, /health, /livez, /readyz, /version, /metrics and /api/status; "
                            "services are at the main listener (gateway.listen, --port)\n"});
}

void Admin::post(http::Exchange& exchange, http::Request const& request, Route const& to) {
  if (auto const refused = refusal(exchange, request.head)) return answer(exchange, *refused);
  auto const body = request.body.empty() ? std::string_view("{}") : request.body;
  if (rpc::validate(body) || !rpc::is_object(body.substr(rpc::skip_space(body, 0)))) {
    return answer(exchange, {.status = 400, .body = error_json("the body must be a JSON object")});
  }
  perform(exchange, to, body);
}

// ── who may act ──────────────────────────────────────────────────────────────

std::optional<Admin::Answer> Admin::refusal(http::Exchange const& exchange, http::RequestHead const& head) {
  if (!has_token()) {
    return Answer{.status = 403,
                  .body = error_json("this needs the admin token, and no gateway.admin_token is configured")};
  }
  auto const shown = frontend::shown_token(head);
  if (!shown.empty() && token_.find(auth::sha256(shown)) != nullptr) return std::nullopt;
  auto const denial = shown.empty() ? frontend::denial_without_token(head) : auth::Denial::UnknownToken;
  auto const reason = label(denial);
  sources_.metrics.auth_failed(reason);
  if (denials_.take(sources_.clock.now())) {
    auto const remote = exchange.remote();
    sources_.log.warn("auth.denied", "a request to the admin API was refused",
                      {{"listener", "admin"}, {"reason", reason}, {"path", head.path}, {"remote", remote}});
    sources_.log.audit("audit.auth", "a request to the admin API was refused",
                       {{"listener", "admin"}, {"decision", "denied"}, {"reason", reason}, {"remote", remote}});
  }
  return Answer{.status = 401,
                .body = error_json(shown.empty() ? "the admin token is needed" : "this is not the admin token"),
                .fields = frontend::challenge(denial, {.realm = "mcp-gateway admin"})};
}

// ── acting ───────────────────────────────────────────────────────────────────

void Admin::perform(http::Exchange& exchange, Route const& to, std::string_view body) {
  if (to.page == Page::LogLevel) return change_log_level(exchange, body);
  if (to.page == Page::Reload) return reload(exchange, body);
  if (to.page == Page::Upgrade) return upgrade(exchange);
  auto const* const service = find_service(to.service);
  if (service == nullptr) return answer(exchange, {.status = 404, .body = error_json("there is no such service")});
  if (to.page == Page::Restart) return operate(exchange, *service, "restart", backend::Restart{read_pid(body)});
  if (to.page == Page::Renew) return operate(exchange, *service, "renew", backend::Renew{});
  if (to.page == Page::Drain) return operate(exchange, *service, "drain", backend::Drain{true});
  if (to.page == Page::Undrain) return operate(exchange, *service, "undrain", backend::Drain{false});
  if (to.page == Page::ResetCircuit) return operate(exchange, *service, "reset_circuit", backend::ResetCircuits{});
  if (to.page == Page::Canary) return canary(exchange, to.service, body);
  auto call = read_call(body);
  if (!call) return answer(exchange, {.status = 400, .body = error_json(call.error().what)});
  operate(exchange, *service, "call", *std::move(call));
}

/// `action` is the word for the log; empty for an operation that changes nothing.
void Admin::operate(http::Exchange& exchange, frontend::ListedService const& service, std::string_view action,
                    backend::Operation operation) {
  if (!action.empty()) {
    auto const* const call = std::get_if<backend::CallTool>(&operation);
    auto const& server = service.config.name;
    auto const tool = call == nullptr ? std::string_view{} : std::string_view(call->tool);
    auto const remote = exchange.remote();
    sources_.log.info("admin.action", "an operator asked for something",
                      {{"server", server}, {"action", action}, {"tool", tool}, {"remote", remote}});
    sources_.log.audit("audit.admin", "an operator asked for something",
                       {{"server", server}, {"action", action}, {"tool", tool}, {"remote", remote}});
  }
  sources_.program.operate(service.key, std::move(operation), [this, id = exchange.id()](OperationEnd const& end) {
    auto const done = end.verdict == OperationEnd::Verdict::Done;
    answer(id, {.status = admin::status_of(end.verdict), .body = done ? end.text + "\n" : error_json(end.text)});
  });
}

void Admin::reload(http::Exchange& exchange, std::string_view body) {
  auto const dry_run = rpc::find_member(body, "dry_run");
  if (!dry_run.empty() && dry_run != "true" && dry_run != "false")
    return answer(exchange, {.status = 400, .body = error_json("dry_run must be true or false")});
  ReloadRequest request{
      .by = ReloadRequest::By::Operator, .dry_run = dry_run == "true", .remote = std::string(exchange.remote())};
  sources_.program.reload(std::move(request), [this, id = exchange.id()](ReloadEnd const& end) {
    answer(id, {.status = http_status_of(end.verdict), .body = to_json(end) + "\n"});
  });
}

void Admin::upgrade(http::Exchange& exchange) {
  UpgradeRequest request{.by = UpgradeRequest::By::Operator, .remote = std::string(exchange.remote())};
  sources_.program.upgrade(std::move(request), [this, id = exchange.id()](UpgradeEnd const& end) {
    answer(id, {.status = http_status_of(end.verdict), .body = to_json(end) + "\n"});
  });
}

void Admin::canary(http::Exchange& exchange, std::string_view service, std::string_view body) {
  auto request = read_canary_request(body);
  if (!request) return answer(exchange, {.status = 400, .body = error_json(request.error().what)});
  request->service = service;
  request->remote = exchange.remote();
  auto const end = sources_.program.canary(*request);
  if (end.verdict == CanaryEnd::Verdict::Done) return answer(exchange, {.body = "{\"result\":\"done\"}\n"});
  answer(exchange, {.status = end.verdict == CanaryEnd::Verdict::NotNow ? 503 : 409, .body = error_json(end.why)});
}

void Admin::change_log_level(http::Exchange& exchange, std::string_view body) {
  auto const level = log_level_from(rpc::unquote(rpc::find_member(body, "level")));
  if (!level) return answer(exchange, {.status = 400, .body = error_json("level must be debug, info, warn or error")});
  // Logged while the lower of the two levels applies.
  auto const raises = *level > sources_.program.log_level();
  auto const remote = exchange.remote();
  auto const tell = [&] {
    sources_.log.info("admin.action", "an operator changed the log level",
                      {{"action", "log_level"}, {"wanted", to_text(*level)}, {"remote", remote}});
    sources_.log.audit("audit.admin", "an operator changed the log level",
                       {{"action", "log_level"}, {"wanted", to_text(*level)}, {"remote", remote}});
  };
  if (raises) tell();
  sources_.program.set_log_level(*level);
  if (!raises) tell();
  answer(exchange, {.body = fmt::format("{{\"level\":\"{}\"}}\n", to_text(*level))});
}

// ── looking ──────────────────────────────────────────────────────────────────

void Admin::ask_for_page(http::Exchange& exchange, Answer (Admin::*page)(health::GatewayHealth const&) const) {
  sources_.health.ask_health(
      [this, id = exchange.id(), page](health::GatewayHealth const& health) { answer(id, (this->*page)(health)); });
}

Admin::Answer Admin::health_page(health::GatewayHealth const& health) const {
  return {.status = http_status(health.status), .body = to_json(health)};
}

Admin::Answer Admin::ready_page(health::GatewayHealth const& health) const {
  auto const ready = is_ready(health);
  return {.status = ready ? 200 : 503, .content_type = "text/plain", .body = ready ? "ok\n" : "not ready\n"};
}

Admin::Answer Admin::versions_answer(health::GatewayHealth const& health) const {
  return {.body = to_json(sources_.program.versions(), health) + "\n"};
}

Admin::Answer Admin::status_answer(health::GatewayHealth const& health) const {
  return {.body = status_of(health) + "\n"};
}

std::string Admin::status_of(health::GatewayHealth const& health) const {
  GatewayStatus status{.health = health,
                       .services = {},
                       .log_level = sources_.program.log_level(),
                       .has_actions = has_token(),
                       .log_is_open = log_is_open()};
  History const none;
  for (auto const& listed : sources_.program.directory().services()) {
    auto const history = histories_.find(listed.key);
    auto const& known = history == histories_.end() ? none : history->second;
    status.services.push_back({.name = listed.config.name,
                               .isolation = listed.config.isolation,
                               .traffic = listed.probe->traffic(),
                               .rates = known.rates(),
                               .chart = known.chart()});
  }
  return to_json(status);
}

/// What children write to stderr is not for everybody on the network.
bool Admin::log_is_open() const {
  auto const& listen = sources_.config.admin_listen;
  return !has_token() && listen && is_loopback(*listen);
}

void Admin::send_log(http::Exchange& exchange, http::Request const& request) {
  if (!log_is_open()) {
    if (auto const refused = refusal(exchange, request.head)) return answer(exchange, *refused);
  }
  auto const service = frontend::query_value(request.head.query, "service");
  auto const wanted = frontend::query_value(request.head.query, "lines");
  auto count = kDefaultLogLines;
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
  if (!service.empty() && find_service(service) == nullptr) {
    return answer(exchange, {.status = 404, .body = error_json("there is no such service")});
  }
  std::string body = "{\"lines\":[";
  for (auto const& line : sources_.tail.last(service, std::min(count, kMaxLogLines))) {
    if (!body.ends_with('[')) body.push_back(',');
    append_json_string(body, line);
  }
  answer(exchange, {.body = body + "]}\n"});
}

// ── open pages ───────────────────────────────────────────────────────────────

void Admin::open_events(http::Exchange& exchange) {
  if (streams_.size() >= kMaxStreams) {
    return answer(exchange, {.status = 503, .body = error_json("too many pages are open")});
  }
  exchange.open_stream(fmt::format("{}{}", kSecurity, kNoContent), frontend::kAdminStream);
  streams_.push_back(exchange.id());
  sources_.health.ask_health([this, id = exchange.id()](health::GatewayHealth const& health) {
    auto const status = status_of(health);
    std::string_view const data = status;
    if (auto* const open = server_->find(id)) open->send_event({.event = "status", .id = {}, .data = {&data, 1}});
  });
}

void Admin::on_gone(ExchangeId id, std::uint64_t, Gone) { std::erase(streams_, id); }

void Admin::end_streams() {
  for (auto const id : std::exchange(streams_, {})) {
    if (auto* const open = server_->find(id)) open->end_stream(http::StreamEnd::Drain);
  }
}

void Admin::tick() {
  ++ticks_;
  if (ticks_ % History::kSampleSeconds == 0) sample_traffic();
  if (ticks_ % kNewsSeconds == 0 && !streams_.empty()) send_news();
}

void Admin::sample_traffic() {
  auto const& directory = sources_.program.directory();
  std::erase_if(histories_, [&](auto const& each) { return directory.find(each.first) == nullptr; });
  for (auto const& listed : directory.services()) histories_[listed.key].sample(listed.probe->traffic());
}

/// A client that has not received the last news is not sent the next.
void Admin::send_news() {
  sources_.health.ask_health([this](health::GatewayHealth const& health) {
    auto const status = status_of(health);
    std::string_view const data = status;
    // Sending may end a stream and remove it from the list.
    for (auto const id : std::vector(streams_)) {
      auto* const open = server_->find(id);
      if (open != nullptr && open->queued() == 0) open->send_event({.event = "status", .id = {}, .data = {&data, 1}});
    }
  });
}

// ── answers ──────────────────────────────────────────────────────────────────

void Admin::answer(http::Exchange& exchange, Answer const& answer) {
  std::string_view const body = answer.body;
  auto const has_policy = answer.fields.starts_with("Content-Security-Policy");
  exchange.respond({.status = answer.status,
                    .content_type = answer.content_type,
                    .fields = fmt::format("{}{}{}{}", kNoStore, kSecurity, has_policy ? std::string_view{} : kNoContent,
                                          answer.fields),
                    .body = {&body, answer.content_type.empty() ? std::size_t{0} : 1}});
}

void Admin::answer(ExchangeId exchange, Answer const& its_answer) {
  if (auto* const open = server_->find(exchange)) answer(*open, its_answer);
}

}  // namespace gateway::admin
