// One request that was let in, and the few ways to answer it at once.
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/principal.h"
#include "gateway/frontend/endpoint.h"
#include "gateway/http/exchange.h"
#include "gateway/mcp/ports.h"
#include "gateway/rpc/message.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::frontend {

/// What a transport is given: the request, whose it is, and what every answer to
/// it must carry. Lives for the length of the call.
struct Visit {
  http::Exchange& exchange;
  http::Request const& request;
  Endpoint endpoint;
  Principal const* principal;               ///< never null; nobody in particular without authentication
  std::string_view fields;                  ///< header lines for CORS; often empty
  mcp::TraceAround const* trace = nullptr;  ///< null where nothing is traced

  /// Who counts as its client: nobody in between is believed to speak for another.
  [[nodiscard]] ClientId client() const;

  /// A status without a body.
  void reply(int status, std::string_view more_fields = {}) const;
  /// A status with a JSON body.
  void reply_json(int status, std::string_view json, std::string_view more_fields = {}) const;
  /// A status and a JSON-RPC error.
  void reply_error(int status, rpc::ErrorCode code, std::string_view message, std::string_view raw_id = {}) const;
  /// Why no session was opened.
  void reply_refused(mcp::Refusal const& refusal, std::string_view raw_id = {}) const;
  /// What could not be read as a message.
  void reply_unreadable(rpc::Unreadable const& unreadable) const;
  /// 405 with the methods that are possible here. Whoever opens an endpoint in a browser reads why.
  void reply_not_allowed(std::string_view allow) const;
};

/// Which of the two forms of an answer a client's Accept admits.
struct Accepts {
  bool json = false;
  bool sse = false;
};
[[nodiscard]] Accepts accepts(http::RequestHead const& head);

/// A header field by its name in lower case.
[[nodiscard]] mcp::HeaderValue value_of(http::RequestHead const& head, std::string_view lower_name);

/// Whether the body is announced as JSON, without an encoding.
[[nodiscard]] bool is_json(http::RequestHead const& head);

}  // namespace gateway::frontend
