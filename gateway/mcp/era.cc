#include "gateway/mcp/era.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/mcp/method.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

using rpc::ErrorCode;
using rpc::Message;
using rpc::MessageKind;

/// The member of params that Mcp-Name repeats; nothing for methods without one.
std::optional<std::string_view> named_by(Method method, Params const& params) {
  if (method == Method::ToolsCall || method == Method::PromptsGet) return params.name;
  if (method == Method::ResourcesRead) return params.uri;
  return std::nullopt;
}

EraRejection mismatch(std::string_view header, std::string_view problem) {
  return {ErrorCode::HeaderMismatch, fmt::format("Header mismatch: {} {}", header, problem), {}};
}

std::optional<EraRejection> check_name(ClientMessage const& message, HeaderValue const& header) {
  auto const expected = named_by(message.known_method, message.parsed);
  if (!expected) return std::nullopt;
  if (header.repeated) return mismatch("Mcp-Name", "is given more than once");
  if (!header.value) {
    if (expected->empty()) return std::nullopt;  // invalid params, which is for the server to say
    return mismatch("Mcp-Name", fmt::format("is required for {}", message.method));
  }
  auto const is_plain = !header.value->starts_with("=?");
  if (is_plain && rpc::is_string(*expected) && rpc::spells(*expected, *header.value)) return std::nullopt;
  auto const value = decoded(*header.value);
  if (!value) return mismatch("Mcp-Name", "is not valid base64 of UTF-8 between =?base64? and ?=");
  if (!rpc::is_string(*expected) || *value != rpc::unquote(*expected)) {
    return mismatch("Mcp-Name", fmt::format("is '{}', which the body does not name", *value));
  }
  return std::nullopt;
}

std::optional<EraRejection> check_method(Message const& message, HeaderValue const& header) {
  if (header.repeated) return mismatch("Mcp-Method", "is given more than once");
  if (!header.value) return mismatch("Mcp-Method", "is required");
  if (*header.value != message.method) {
    return mismatch("Mcp-Method", fmt::format("is '{}' where the body has '{}'", *header.value, message.method));
  }
  return std::nullopt;
}

/// An unsupported version is reported before a missing header: the client will choose another version, with other
/// rules for its headers.
std::optional<EraRejection> check_version(Envelope const& envelope, HeaderValue const& header) {
  if (header.repeated) return mismatch("MCP-Protocol-Version", "is given more than once");
  if (header.value && *header.value != envelope.version) {
    return mismatch("MCP-Protocol-Version",
                    fmt::format("is '{}' where the body has '{}'", *header.value, envelope.version));
  }
  if (envelope.version != kStatelessRevision) {
    return EraRejection{ErrorCode::UnsupportedProtocolVersion,
                        fmt::format("Unsupported protocol version: {}", envelope.version),
                        unsupported_version_data(envelope.version)};
  }
  if (!header.value) return mismatch("MCP-Protocol-Version", "is required");
  return std::nullopt;
}

EraVerdict without_envelope(Message const& message, bool header_is_stateless, std::string_view why) {
  if (!header_is_stateless) return WithSession{};
  if (message.kind == MessageKind::Notification) return Stateless{};
  return EraRejection{ErrorCode::InvalidParams, std::string(why), {}};
}

/// `initialize` exists in the other revisions only, so it comes under theirs unless everything says otherwise.
bool begins_session(Message const& message, Envelope const* envelope) {
  return message.method == "initialize" && (envelope == nullptr || envelope->version != kStatelessRevision);
}

}  // namespace

bool is_stateless(HeaderValue const& version) { return version.value == kStatelessRevision; }

bool is_stateless_batch(HeaderValue const& version, std::string_view body) {
  if (is_stateless(version)) return true;
  if (!rpc::is_array_of_objects(body)) return false;
  rpc::ElementWalk walk(body);
  while (auto const member = walk.next()) {
    auto const params = read_params(rpc::find_member(*member, "params"));
    if (!std::holds_alternative<std::monostate>(read_envelope(params.envelope))) return true;
  }
  return false;
}

std::string unsupported_version_data(std::string_view requested) {
  return fmt::format(R"({{"supported":["{}"],"requested":{}}})", kStatelessRevision, json_string(requested));
}

EraVerdict era_of(ClientMessage const& message, RoutingHeaders const& headers) {
  auto const header_is_stateless = is_stateless(headers.version);
  if (message.kind == MessageKind::Response) {
    if (!header_is_stateless) return WithSession{};
    return EraRejection{ErrorCode::InvalidRequest, "revision 2026-07-28 has no responses from clients", {}};
  }

  auto const read = read_envelope(message.parsed.envelope);
  auto const* const envelope = std::get_if<Envelope>(&read);
  if (begins_session(message, envelope)) {
    if (!header_is_stateless) return WithSession{};
    return mismatch("MCP-Protocol-Version", "names a revision that has no initialize");
  }
  if (std::holds_alternative<std::monostate>(read)) {
    return without_envelope(message, header_is_stateless,
                            fmt::format("_meta[\"{}\"] is required", envelope_key::kProtocolVersion));
  }
  if (auto const* const invalid = std::get_if<InvalidEnvelope>(&read)) {
    return EraRejection{ErrorCode::InvalidParams, invalid->why, {}};
  }

  if (auto rejection = check_version(*envelope, headers.version)) return *rejection;
  // Which headers a notification needs is not defined: those it has are not checked either.
  if (message.kind == MessageKind::Request) {
    if (auto rejection = check_method(message, headers.method)) return *rejection;
    if (auto rejection = check_name(message, headers.name)) return *rejection;
  }
  return Stateless{*envelope};
}

}  // namespace gateway::mcp
