#include "gateway/mcp/input_round.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/json_text.h"
#include "gateway/mcp/params.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

/// Nobody answers so many questions.
constexpr std::size_t kMostInputs = 64;

using rpc::find_member;
using rpc::is_object;

bool visits_url(NeededInput const& needed) {
  return needed.method == Method::ElicitationCreate && rpc::unquote(find_member(needed.params, "mode")) == "url";
}

/// The capability that a client must have declared, as the names of nested objects.
std::vector<std::string_view> capability_for(NeededInput const& needed) {
  if (needed.method == Method::RootsList) return {"roots"};
  if (needed.method == Method::SamplingCreateMessage) {
    if (find_member(needed.params, "tools").empty()) return {"sampling"};
    return {"sampling", "tools"};
  }
  if (visits_url(needed)) return {"elicitation", "url"};
  return {"elicitation"};
}

bool has_capability(std::string_view capabilities, std::vector<std::string_view> const& names) {
  auto found = capabilities;
  for (auto const name : names) found = find_member(found, name);
  return is_object(found);
}

/// One that declares URLs alone shows no forms; one that declares neither shows forms.
bool shows_no_forms(std::string_view capabilities) {
  auto const elicitation = find_member(capabilities, "elicitation");
  return is_object(find_member(elicitation, "url")) && !is_object(find_member(elicitation, "form"));
}

}  // namespace

std::optional<InputRound> read_input_round(std::string_view raw_result) {
  InputRound round;
  rpc::MemberWalk walk(find_member(raw_result, "inputRequests"));
  while (auto const request = walk.next()) {
    auto const method = method_from(rpc::unquote(find_member(request->value, "method")));
    if (method != Method::ElicitationCreate && method != Method::SamplingCreateMessage && method != Method::RootsList) {
      return std::nullopt;
    }
    if (round.needed.size() == kMostInputs) return std::nullopt;
    auto const params = find_member(request->value, "params");
    auto& needed = round.needed.emplace_back();
    needed.key.assign(request->key);
    needed.method = method;
    append_on_one_line(needed.params, is_object(params) ? params : "{}");
  }
  auto const state = find_member(raw_result, "requestState");
  if (rpc::is_string(state)) round.state.assign(state);
  if (round.needed.empty() && round.state.empty()) return std::nullopt;
  return round;
}

std::string why_not_asked(NeededInput const& needed, std::string_view capabilities, Revision revision) {
  auto const names = capability_for(needed);
  auto const form = needed.method == Method::ElicitationCreate && !visits_url(needed);
  if (has_capability(capabilities, names) && !(form && shows_no_forms(capabilities))) {
    if (!visits_url(needed) || revision >= Revision::R2025_11_25) return {};
    return "the server needs its user to visit a URL, which this revision has no request for";
  }
  return fmt::format("the server needs {} of the client, which does not offer {}", label(needed.method),
                     fmt::join(names, "."));
}

std::string params_for_client(NeededInput const& needed, std::string_view elicitation_id) {
  if (!visits_url(needed)) return needed.params;
  std::string out;
  rpc::ObjectWriter params(out);
  rpc::MemberWalk walk(needed.params);
  while (auto const member = walk.next()) {
    if (!member->is("elicitationId")) params.member(member->key).append(member->value);
  }
  params.member("elicitationId").append(json_string(elicitation_id));
  params.close();
  return out;
}

std::string params_with_input(std::string_view raw_params, InputRound const& round) {
  std::string out;
  rpc::ObjectWriter params(out);
  rpc::MemberWalk walk(raw_params);
  while (auto const member = walk.next()) {
    if (member->is("inputResponses") || member->is("requestState")) continue;
    append_on_one_line(params.member(member->key), member->value);
  }
  if (!round.needed.empty()) {
    rpc::ObjectWriter responses(params.member("inputResponses"));
    for (auto const& needed : round.needed) responses.member(needed.key).append(needed.response);
    responses.close();
  }
  if (!round.state.empty()) params.member("requestState").append(round.state);
  params.close();
  return out;
}

}  // namespace gateway::mcp
