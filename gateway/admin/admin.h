// The admin listener: health, probes, version, metrics, the status page and its API.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/history.h"
#include "gateway/admin/program.h"
#include "gateway/admin/route.h"
#include "gateway/admin/status_page.h"
#include "gateway/auth/static_tokens.h"
#include "gateway/base/token_bucket.h"
#include "gateway/config/config.h"
#include "gateway/frontend/admission.h"
#include "gateway/health/health.h"
#include "gateway/http/exchange.h"
#include "gateway/http/server.h"
#include "gateway/log/log.h"
#include "gateway/log/tail.h"
#include "gateway/metrics/metrics.h"

namespace gateway::admin {

/// What the admin pages show and use. References outlive them.
struct Sources {
  config::GatewayConfig const& config;
  metrics::Metrics::About const& about;
  Clock const& clock;
  health::HealthSource& health;
  Program& program;
  metrics::Metrics& metrics;
  log::Log& log;
  log::LogTail& tail;
};

/// Whoever can reach the listener may read; write actions require the admin token. Owned by
/// the Gateway, on the first loop.
class Admin final : public http::RequestHandler {
 public:
  explicit Admin(Sources sources);

  void on_request(http::Exchange& exchange, http::Request const& request) override;
  /// An answer to a client that is gone finds no exchange.
  void on_gone(ExchangeId id, std::uint64_t context, Gone why) override;
  void on_uncertified(std::string_view reason, std::string_view why, std::string_view remote) override;

  /// Set once the server is built: it needs its handler first.
  void set_server(http::Server& server) { server_ = &server; }

  /// The configuration or the directory was changed.
  void take_up();

  /// Ends the event streams of open pages.
  void end_streams();

  /// Once a second: updates the history, and open pages.
  void tick();

 private:
  struct Answer {
    int status = 200;
    std::string_view content_type = "application/json";
    std::string body;
    std::string fields{};  ///< further header lines
  };

  void get(http::Exchange& exchange, http::Request const& request, Route const& to);
  void post(http::Exchange& exchange, http::Request const& request, Route const& to);
  void perform(http::Exchange& exchange, Route const& to, std::string_view body);
  void operate(http::Exchange& exchange, frontend::ListedService const& service, std::string_view action,
               backend::Operation operation);
  void reload(http::Exchange& exchange, std::string_view body);
  void upgrade(http::Exchange& exchange);
  void canary(http::Exchange& exchange, std::string_view service, std::string_view body);
  void change_log_level(http::Exchange& exchange, std::string_view body);
  void send_log(http::Exchange& exchange, http::Request const& request);
  void open_events(http::Exchange& exchange);
  void send_news();

  /// The rejection of a request without the admin token; nothing when it may act.
  [[nodiscard]] std::optional<Answer> refusal(http::Exchange const& exchange, http::RequestHead const& head);
  [[nodiscard]] bool log_is_open() const;
  void forbid(http::Exchange& exchange, http::RequestHead const& head);
  [[nodiscard]] bool host_allowed(std::string_view host) const;
  [[nodiscard]] frontend::ListedService const* find_service(std::string_view name) const;
  void sample_traffic();
  [[nodiscard]] std::string status_of(health::GatewayHealth const& health) const;
  void ask_for_page(http::Exchange& exchange, Answer (Admin::*page)(health::GatewayHealth const&) const);
  [[nodiscard]] Answer health_page(health::GatewayHealth const& health) const;
  [[nodiscard]] Answer ready_page(health::GatewayHealth const& health) const;
  [[nodiscard]] Answer versions_answer(health::GatewayHealth const& health) const;
  [[nodiscard]] Answer status_answer(health::GatewayHealth const& health) const;

  [[nodiscard]] bool has_token() const { return !sources_.config.admin_token.empty(); }
  void answer(http::Exchange& exchange, Answer const& answer);
  void answer(ExchangeId exchange, Answer const& answer);

  Sources sources_;
  frontend::AllowedHosts hosts_;
  auth::StaticTokens token_;        ///< at most one
  std::optional<StatusPage> page_;  ///< made on first use: its hashes need a large library
  std::string version_;
  std::map<ServiceKey, History> histories_;
  std::vector<ExchangeId> streams_;  ///< open pages
  TokenBucket denials_;              ///< rate limit of log lines
  http::Server* server_ = nullptr;
  unsigned ticks_ = 0;
};

}  // namespace gateway::admin
