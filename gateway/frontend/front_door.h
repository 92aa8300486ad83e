// Where client requests come in: which are admitted, which transport serves them, and
// where answers go.
#pragma once

#include <optional>
#include <string>

#include "gateway/frontend/admission.h"
#include "gateway/frontend/denials.h"
#include "gateway/frontend/gatekeeper.h"
#include "gateway/frontend/legacy_sse.h"
#include "gateway/frontend/posts.h"
#include "gateway/frontend/quotas.h"
#include "gateway/frontend/rights.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/stateless_http.h"
#include "gateway/frontend/streamable.h"
#include "gateway/health/health.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {

/// Owned by the Shard.
class FrontDoor final : public http::RequestHandler, public mcp::ClientPort, private Gatekeeper::Owner {
 public:
  FrontDoor(Desk& desk, health::HealthSource& health, metrics::Metrics& metrics, Quotas& quotas,
            auth::Authenticator::Machine const& machine);

  // http::RequestHandler
  void on_request(http::Exchange& exchange, http::Request const& request) override;
  void on_gone(ExchangeId id, std::uint64_t context, Gone why) override;
  void on_uncertified(std::string_view reason, std::string_view why, std::string_view remote) override {
    denials_.uncertified(reason, why, remote);
  }

  // mcp::ClientPort
  [[nodiscard]] std::optional<int> status_of(mcp::ReplyTo to, mcp::Outcome outcome) override;
  void answer(mcp::ReplyTo to, mcp::Outcome outcome, rpc::Reply const& reply) override;
  void drop(mcp::ReplyTo to) override;
  void during(mcp::ReplyTo to, rpc::PiecesView message) override;
  void notify(SessionId session, rpc::PiecesView message) override;
  [[nodiscard]] bool ask(SessionId session, std::optional<mcp::ReplyTo> related, rpc::PiecesView message) override;
  void end(SessionId session, mcp::SessionEnd why) override;

  void tick();
  /// The configuration of the desk, or its directory, was changed: what was derived from it is derived anew. `fetcher` as
  /// auth::Authenticator::Machine has it.
  void take_up(auth::Fetcher* fetcher);
  /// The service is configured no more, and its sessions end.
  void end_sessions_of(ServiceKey service);
  /// Ends every session, with a regular end of its stream.
  void end_all_sessions();

 private:
  [[nodiscard]] mcp::ClientPort* group_of(mcp::Session const& session) const;
  [[nodiscard]] bool pass_to_next(Visit const& visit) const;
  void admit(http::Exchange& exchange, http::Request const& request, auth::Patience patience);
  // Gatekeeper::Owner
  void on_waited(http::Exchange& exchange, http::Request const& request, auth::Patience patience) override {
    admit(exchange, request, patience);
  }
  void serve(Visit const& visit);
  void post(Visit const& visit);
  void forbid(Visit const& visit, Admitted const& judged);
  void not_found(Visit const& visit);
  void metadata(Visit const& visit, Admitted const& admitted);
  void preflight(Visit const& visit, Admitted const& admitted);
  [[nodiscard]] std::string key_headers(std::optional<ServiceKey> service) const;
  void health(Visit const& visit, bool detailed);
  void service_health(Visit const& visit, bool detailed);

  [[nodiscard]] Endpoints const& endpoints() const { return desk_.directory->endpoints(); }

  Desk& desk_;
  health::HealthSource& health_;
  Admission admission_;
  Denials denials_;
  auth::Policy policy_;
  Rights rights_;
  Gatekeeper gatekeeper_;
  Posts posts_;
  LegacySse sse_;
  Streamable streamable_;
  StatelessHttp stateless_;
};

}  // namespace gateway::frontend
