#include "gateway/remote/answer.h"

#include <algorithm>

#include "gateway/base/ascii.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::remote {

BodyForm form_of(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (equal_ignoring_case(type, "application/json")) return BodyForm::Json;
  return equal_ignoring_case(type, "text/event-stream") ? BodyForm::Events : BodyForm::Other;
}

Verdict judge(int status, bool with_session, std::string_view body, std::string_view raw_id) {
  if (status >= 200 && status < 300) return Verdict::Taken;
  if (status == 301 || status == 302 || status == 307 || status == 308) return Verdict::Moved;
  if (status == 401) return Verdict::Unauthorized;
  auto const is_for_it =
      !raw_id.empty() && !rpc_error_in(body).empty() && same_id(rpc::find_member(body, "id")) == raw_id;
  auto const names_session = !is_for_it && (body.find("session") != body.npos || body.find("Session") != body.npos);
  if (with_session && (status == 404 || (status == 400 && names_session))) return Verdict::SessionGone;
  return Verdict::Refused;
}

bool may_be_of_events(int status) { return status == 400 || status == 404 || status == 405; }

std::string_view rpc_error_in(std::string_view body) {
  auto const at = std::min(rpc::skip_space(body, 0), body.size());
  if (!rpc::is_object(body.substr(at)) || rpc::validate(body)) return {};
  auto const error = rpc::find_member(body, "error");
  auto const code = rpc::is_object(error) ? rpc::find_member(error, "code") : std::string_view{};
  auto const is_integer = !code.empty() && code.find_first_not_of("-0123456789") == code.npos;
  auto const is_error = is_integer && rpc::is_string(rpc::find_member(error, "message")) &&
                        rpc::find_member(body, "jsonrpc") == "\"2.0\"";
  return is_error ? error : std::string_view{};
}

std::optional<rpc::Message> read_server_message(std::string_view line) {
  if (rpc::validate(line)) return std::nullopt;
  return rpc::read_child_line(line);
}

std::string same_id(std::string_view raw_id) {
  return rpc::is_string(raw_id) ? json_string(rpc::unquote(raw_id)) : std::string(rpc::plain_id(raw_id));
}

std::string on_one_line(std::string_view raw) {
  if (raw.find_first_of("\r\n") == raw.npos) return std::string(raw);
  std::string line;
  mcp::append_on_one_line(line, raw);
  // Inside of a string they are no JSON, but must not begin another line either.
  std::ranges::replace_if(
      line, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return line;
}

}  // namespace gateway::remote
