// Where client requests come in: which are admitted, which transport serves them, and
// where answers go.
#pragma once

#include <optional>
#include <string>

#include "gateway/base/token_bucket.h"
#include "gateway/frontend/admission.h"
#include "gateway/frontend/auth.h"
#include "gateway/frontend/legacy_sse.h"
#include "gateway/frontend/posts.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/stateless_http.h"
#include "gateway/frontend/streamable.h"
#include "gateway/health/health.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {

/// Owned by the Shard.
class FrontDoor final : public http::RequestHandler, public mcp::ClientPort {
 public:
  FrontDoor(Desk& desk, health::HealthSource& health, metrics::Metrics& metrics);

  // http::RequestHandler
  void on_request(http::Exchange& exchange, http::Request const& request) override;
  void on_gone(ExchangeId id, std::uint64_t context, Gone why) override;

  // mcp::ClientPort
  [[nodiscard]] std::optional<int> status_of(mcp::ReplyTo to, mcp::Outcome outcome) override;
  void answer(mcp::ReplyTo to, mcp::Outcome outcome, rpc::Reply const& reply) override;
  void drop(mcp::ReplyTo to) override;
  void during(mcp::ReplyTo to, rpc::PiecesView message) override;
  void notify(SessionId session, rpc::PiecesView message) override;
  [[nodiscard]] bool ask(SessionId session, std::optional<mcp::ReplyTo> related, rpc::PiecesView message) override;

  void tick();
  /// Ends every session, with a regular end of its stream.
  void end_all_sessions();

 private:
  static constexpr std::size_t kDenialsPerSecond = 10;

  void serve(Visit const& visit);
  void post(Visit const& visit);
  /// `shown` is logged: what the client sent that was not accepted, but never a token.
  void denied(Visit const& visit, std::string_view reason, std::string_view shown = {});
  void forbid(Visit const& visit, Admitted const& judged);
  void not_found(Visit const& visit);
  void unauthorized(Visit const& visit);
  void preflight(Visit const& visit, Admitted const& admitted);
  [[nodiscard]] std::string key_headers(std::optional<ServiceKey> service) const;
  void health(Visit const& visit, bool detailed);
  void service_health(Visit const& visit, bool detailed);

  [[nodiscard]] Endpoints const& endpoints() const { return desk_.directory->endpoints(); }

  Desk& desk_;
  Admission admission_;
  Auth auth_;
  health::HealthSource& health_;
  metrics::Metrics& metrics_;
  TokenBucket denials_{kDenialsPerSecond};  ///< that are logged; all are counted
  Posts posts_;
  LegacySse sse_;
  Streamable streamable_;
  StatelessHttp stateless_;
};

}  // namespace gateway::frontend
