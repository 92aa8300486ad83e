#include "gateway/backend/wire.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

bool Wire::request(CallId id, std::string_view method, mcp::Params const& params, mcp::ParamsRewrite rewrite) {
  auto const number = fmt::format_int(raw(id));
  line_.assign(R"({"jsonrpc":"2.0","id":)").append(number.data(), number.size()).append(R"(,"method":)");
  append_json_string(line_, method);
  if (!params.raw.empty() || !rewrite.envelope.empty()) {
    line_.append(R"(,"params":)");
    rewrite.progress_token = {number.data(), number.size()};
    mcp::append_params(line_, params, rewrite);
  }
  line_.append("}\n");
  return peer_.send(line_);
}

bool Wire::request(std::string_view raw_id, std::string_view method, std::string_view params) {
  return peer_.send(fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":{},\"params\":{}}}\n", raw_id,
                                json_string(method), params));
}

void Wire::note(std::string_view method, std::string_view params) {
  line_.assign(R"({"jsonrpc":"2.0","method":)");
  append_json_string(line_, method);
  if (!params.empty()) {
    line_.append(R"(,"params":)");
    mcp::append_on_one_line(line_, params);
  }
  line_.append("}\n");
  (void)peer_.send(line_);
}

void Wire::cancel(CallId id, std::string_view reason) {
  auto params = fmt::format(R"({{"requestId":{})", raw(id));
  if (rpc::is_string(reason)) params.append(R"(,"reason":)").append(reason);
  note("notifications/cancelled", params + "}");
}

void Wire::answer(std::string_view peer_id, std::string_view result) { reply(peer_id, "result", result); }

void Wire::refuse(std::string_view peer_id, std::string_view error) { reply(peer_id, "error", error); }

void Wire::give_up(std::string_view peer_id, mcp::Method asked, std::string_view why) {
  if (asked == mcp::Method::ElicitationCreate) return answer(peer_id, R"({"action":"cancel"})");
  refuse(peer_id, rpc::error_object(rpc::ErrorCode::InternalError, why));
}

void Wire::reply(std::string_view peer_id, std::string_view member, std::string_view body) {
  line_.assign(R"({"jsonrpc":"2.0","id":)").append(peer_id).append(",\"").append(member).append("\":");
  mcp::append_on_one_line(line_, body);
  line_.append("}\n");
  (void)peer_.send(line_);
}

}  // namespace gateway::backend
