#include "gateway/mcp/session_envelope.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/mcp/envelope.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {

namespace {

/// Of what a client says of itself once, and the gateway repeats with every request.
constexpr std::size_t kMostRepeated = 16 * 1024;

using rpc::Member;
using rpc::MemberWalk;

/// `roots.listChanged` and `tasks` belong to the revisions with sessions.
std::string stateless_capabilities(std::string_view capabilities) {
  std::string out;
  rpc::ObjectWriter object(out);
  MemberWalk walk(capabilities.size() > kMostRepeated ? std::string_view{} : capabilities);
  while (auto const member = walk.next()) {
    if (member->is("tasks")) continue;
    auto& to = object.member(member->key);
    if (member->is("roots") && rpc::is_object(member->value)) {
      std::string roots;
      rpc::append_without(roots, member->value, [](Member const& inner) { return inner.is("listChanged"); });
      append_on_one_line(to, roots);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  object.close();
  return out;
}

std::string members(std::string_view client_info, std::string_view capabilities) {
  using namespace envelope_key;
  auto out = fmt::format(R"("{}":"{}","{}":{})", kProtocolVersion, kStatelessRevision, kClientCapabilities,
                         stateless_capabilities(capabilities));
  if (rpc::is_object(client_info) && client_info.size() <= kMostRepeated) {
    out.append(",\"").append(kClientInfo).append("\":");
    append_on_one_line(out, client_info);
  }
  return out;
}

}  // namespace

std::string session_envelope(std::string_view initialize_params) {
  return members(rpc::find_member(initialize_params, "clientInfo"),
                 rpc::find_member(initialize_params, "capabilities"));
}

std::string capabilities_in(std::string_view envelope) {
  return std::string(rpc::find_member(fmt::format("{{{}}}", envelope), envelope_key::kClientCapabilities));
}

std::string gateway_envelope(std::string_view gateway_version) {
  return members(fmt::format(R"({{"name":"mcp-gateway","version":{}}})", json_string(gateway_version)), "{}");
}

std::string with_log_level(std::string_view envelope, LogLevel level) {
  return fmt::format(R"({},"{}":"{}")", envelope, envelope_key::kLogLevel, to_text(level));
}

}  // namespace gateway::mcp
