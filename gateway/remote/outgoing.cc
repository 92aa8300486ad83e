#include "gateway/remote/outgoing.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/base64.h"
#include "gateway/mcp/client_message.h"
#include "gateway/remote/answer.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::remote {

namespace {

/// What a field value may hold as it is: visible ASCII with spaces inside. (RFC 9110, 5.5.)
bool is_plain_value(std::string_view text) {
  auto const fits = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && std::ranges::all_of(text, fits) && text.front() != ' ' && text.back() != ' ' &&
         !text.starts_with("=?base64?");
}

/// The value that Mcp-Name repeats, raw; empty where there is none.
std::string_view named_by(Outgoing const& message, mcp::Params const& params) {
  if (message.method == mcp::Method::ToolsCall || message.method == mcp::Method::PromptsGet) return params.name;
  if (message.method == mcp::Method::ResourcesRead) return params.uri;
  auto const is_of_task = message.method == mcp::Method::TasksGet || message.method == mcp::Method::TasksCancel ||
                          message.method_name == "tasks/update";
  return is_of_task ? rpc::find_member(params.raw, "taskId") : std::string_view{};
}

}  // namespace

std::string header_value_for(std::string_view text) {
  return is_plain_value(text) ? std::string(text) : fmt::format("=?base64?{}?=", encode_base64(text));
}

bool is_of_any_session(Outgoing const& message) {
  return message.kind != rpc::MessageKind::Response && message.method != mcp::Method::Initialized &&
         message.method != mcp::Method::Cancelled && message.method != mcp::Method::Progress;
}

std::variant<Outgoing, rpc::Unreadable> read_outgoing(std::string_view line) {
  auto read = mcp::read_client_message(line);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) return *unreadable;
  auto const& message = std::get<mcp::ClientMessage>(read);
  Outgoing out{.text = std::string(line),
               .kind = message.kind,
               .id = message.id.empty() ? std::string{} : same_id(message.id),
               .method_name = message.method,
               .method = message.known_method,
               .version = rpc::unquote(message.parsed.envelope.version)};
  if (out.method == mcp::Method::Cancelled) out.cancels = same_id(message.parsed.request_id);
  if (!out.is_stateless()) return out;
  auto const name = named_by(out, message.parsed);
  if (!name.empty()) out.name_header = header_value_for(rpc::unquote(name));
  if (out.method != mcp::Method::ToolsCall) return out;
  out.tool = rpc::unquote(name);
  out.raw_arguments = message.parsed.arguments;
  return out;
}

std::vector<std::string> stateless_fields(Outgoing const& message) {
  std::vector<std::string> fields{fmt::format("MCP-Protocol-Version: {}", message.version)};
  if (!message.method_name.empty())
    fields.push_back(fmt::format("Mcp-Method: {}", header_value_for(message.method_name)));
  if (!message.name_header.empty()) fields.push_back(fmt::format("Mcp-Name: {}", message.name_header));
  return fields;
}

}  // namespace gateway::remote
