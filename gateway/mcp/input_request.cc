#include "gateway/mcp/input_request.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

namespace {

using rpc::find_member;
using rpc::is_object;
using rpc::Member;

/// Revisions with sessions: the client must visit a URL first.
constexpr int kUrlElicitationRequired = -32042;

bool wants_url(std::string_view raw_params) { return rpc::unquote(find_member(raw_params, "mode")) == "url"; }

bool can_sample(std::string_view raw_sampling, std::string_view raw_params) {
  auto const wants_tools = !find_member(raw_params, "tools").empty();
  return is_object(raw_sampling) && (!wants_tools || is_object(find_member(raw_sampling, "tools")));
}

bool can_be_elicited(std::string_view raw_elicitation, std::string_view raw_params) {
  if (!is_object(raw_elicitation)) return false;
  if (wants_url(raw_params)) return is_object(find_member(raw_elicitation, "url"));
  // Without either, forms are meant.
  return is_object(find_member(raw_elicitation, "form")) || !is_object(find_member(raw_elicitation, "url"));
}

/// It names tasks and progress tokens that the client knows nothing of.
void append_meta_for_input(std::string& out, std::string_view raw_meta) {
  rpc::append_without(out, raw_meta, [](Member const& member) {
    return member.is("progressToken") || member.is("io.modelcontextprotocol/related-task");
  });
}

bool is_elicit_result(std::string_view raw_value) {
  auto const action = rpc::unquote(find_member(raw_value, "action"));
  return action == "accept" || action == "decline" || action == "cancel";
}

}  // namespace

bool may_need_input(Method request) {
  return request == Method::ToolsCall || request == Method::PromptsGet || request == Method::ResourcesRead;
}

bool may_ask(Method request) {
  return may_need_input(request) || request == Method::ResourcesSubscribe || request == Method::Other;
}

bool can_be_asked(std::string_view raw_capabilities, Method asked, std::string_view raw_params) {
  if (asked == Method::SamplingCreateMessage) {
    return can_sample(find_member(raw_capabilities, "sampling"), raw_params);
  }
  if (asked == Method::RootsList) return is_object(find_member(raw_capabilities, "roots"));
  if (asked != Method::ElicitationCreate) return false;
  return can_be_elicited(find_member(raw_capabilities, "elicitation"), raw_params);
}

std::string_view required_capability(Method asked, std::string_view raw_params) {
  if (asked == Method::SamplingCreateMessage) {
    return find_member(raw_params, "tools").empty() ? R"({"sampling":{}})" : R"({"sampling":{"tools":{}}})";
  }
  if (asked == Method::RootsList) return R"({"roots":{}})";
  if (asked != Method::ElicitationCreate) return {};
  return wants_url(raw_params) ? R"({"elicitation":{"url":{}}})" : R"({"elicitation":{"form":{}}})";
}

std::string params_for_input(std::string_view raw_params) {
  std::string out;
  rpc::ObjectWriter params(out);
  rpc::MemberWalk walk(raw_params);
  while (auto const member = walk.next()) {
    if (member->is("elicitationId") || member->is("task")) continue;
    auto& to = params.member(member->key);
    if (member->is("_meta") && is_object(member->value)) {
      append_meta_for_input(to, member->value);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  params.close();
  return out;
}

std::string input_required(std::vector<InputRequest> const& requests, std::string_view state) {
  std::string out = R"({"resultType":"input_required","inputRequests":)";
  rpc::ObjectWriter asked(out);
  for (auto const& request : requests) {
    asked.member(request.key)
        .append(fmt::format(R"({{"method":"{}","params":{}}})", label(request.method), request.raw_params));
  }
  asked.close();
  if (!state.empty()) out.append(R"(,"requestState":)").append(json_string(state));
  out.push_back('}');
  return out;
}

bool is_input_response(Method asked, std::string_view raw_value) {
  if (!is_object(raw_value)) return false;
  if (asked == Method::ElicitationCreate) return is_elicit_result(raw_value);
  if (asked == Method::RootsList) return rpc::is_array(find_member(raw_value, "roots"));
  return !find_member(raw_value, "content").empty() && rpc::is_string(find_member(raw_value, "role"));
}

std::string input_required_by(std::string_view raw_error) {
  if (rpc::error_code(raw_error) != kUrlElicitationRequired) return {};
  std::vector<InputRequest> requests;
  rpc::ElementWalk walk(find_member(find_member(raw_error, "data"), "elicitations"));
  while (auto const elicitation = walk.next()) {
    requests.push_back({.key = fmt::format("input-{}", requests.size() + 1),
                        .method = Method::ElicitationCreate,
                        .raw_params = params_for_input(*elicitation)});
  }
  return requests.empty() ? std::string{} : input_required(requests, {});
}

BridgedReply lacks_input(Method request, std::string_view why) {
  if (request != Method::ToolsCall) {
    return {Outcome::RpcError, rpc::Reply::Kind::Error, rpc::error_object(rpc::ErrorCode::InternalError, why)};
  }
  return {Outcome::ToolError, rpc::Reply::Kind::Result,
          fmt::format(R"({{"content":[{{"type":"text","text":{}}}],"isError":true}})", json_string(why))};
}

}  // namespace gateway::mcp
