#include "gateway/mcp/listen.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/mcp/params.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {

namespace {

using rpc::find_member;

constexpr std::string_view kSubscriptionId = "io.modelcontextprotocol/subscriptionId";

std::vector<std::string> read_uris(std::string_view raw_array, std::size_t most) {
  std::vector<std::string> uris;
  rpc::ElementWalk walk(raw_array);
  while (auto const uri = walk.next()) {
    if (uris.size() == most) break;
    if (rpc::is_string(*uri) && uri->size() <= kLongestListenedUri &&
        std::find(uris.begin(), uris.end(), *uri) == uris.end())
      uris.emplace_back(*uri);
  }
  return uris;
}

void append_filter(std::string& out, ListenFilter const& filter) {
  rpc::ObjectWriter object(out);
  if (filter.tools) object.member("toolsListChanged").append("true");
  if (filter.prompts) object.member("promptsListChanged").append("true");
  if (filter.resources) object.member("resourcesListChanged").append("true");
  if (!filter.uris.empty()) {
    object.member("resourceSubscriptions").append(fmt::format("[{}]", fmt::join(filter.uris, ",")));
  }
  object.close();
}

void append_stamped_meta(std::string& out, std::string_view raw_meta, std::string_view raw_id) {
  rpc::ObjectWriter meta(out);
  rpc::MemberWalk walk(raw_meta);
  while (auto const member = walk.next()) {
    if (!member->is(kSubscriptionId)) append_on_one_line(meta.member(member->key), member->value);
  }
  meta.member(kSubscriptionId).append(raw_id);
  meta.close();
}

}  // namespace

bool ListenFilter::includes(Method list_changed) const {
  return (tools && list_changed == Method::ToolsListChanged) ||
         (prompts && list_changed == Method::PromptsListChanged) ||
         (resources && list_changed == Method::ResourcesListChanged);
}

std::optional<ListenFilter> read_listen_filter(std::string_view raw_params, std::size_t most_resources) {
  auto const wanted = find_member(raw_params, "notifications");
  if (!rpc::is_object(wanted)) return std::nullopt;
  auto const is_set = [&](std::string_view name) { return find_member(wanted, name) == "true"; };
  return ListenFilter{.tools = is_set("toolsListChanged"),
                      .prompts = is_set("promptsListChanged"),
                      .resources = is_set("resourcesListChanged"),
                      .uris = read_uris(find_member(wanted, "resourceSubscriptions"), most_resources)};
}

std::string listen_params(ListenFilter const& wanted, std::string_view envelope) {
  std::string out;
  rpc::ObjectWriter params(out);
  append_filter(params.member("notifications"), wanted);
  params.member("_meta").append("{").append(envelope).append("}");
  params.close();
  return out;
}

std::string_view subscription_id(std::string_view raw_params) {
  return find_member(find_member(raw_params, "_meta"), kSubscriptionId);
}

std::string without_subscription_id(std::string_view raw_params) {
  std::string out;
  rpc::ObjectWriter params(out);
  rpc::MemberWalk walk(raw_params);
  while (auto const member = walk.next()) {
    if (!member->is("_meta")) {
      params.member(member->key).append(member->value);
      continue;
    }
    std::string meta;
    rpc::append_without(meta, member->value, [](rpc::Member const& inner) { return inner.is(kSubscriptionId); });
    if (meta != "{}") params.member(member->key).append(meta);
  }
  params.close();
  return out;
}

std::string listen_acknowledgement(std::string_view raw_id, ListenFilter const& honoured) {
  std::string params = R"({"notifications":)";
  append_filter(params, honoured);
  params.push_back('}');
  return listened_notification(raw_id, Method::SubscriptionsAcknowledged, params);
}

std::string listened_notification(std::string_view raw_id, Method method, std::string_view raw_params) {
  auto out = fmt::format(R"({{"jsonrpc":"2.0","method":"{}","params":)", label(method));
  rpc::ObjectWriter params(out);
  std::string_view meta;
  rpc::MemberWalk walk(raw_params);
  while (auto const member = walk.next()) {
    if (member->is("_meta")) {
      meta = member->value;
    } else {
      append_on_one_line(params.member(member->key), member->value);
    }
  }
  append_stamped_meta(params.member("_meta"), meta, raw_id);
  params.close();
  out.push_back('}');
  return out;
}

std::string listen_result(std::string_view raw_id) {
  return fmt::format(R"({{"resultType":"complete","_meta":{{"{}":{}}}}})", kSubscriptionId, raw_id);
}

}  // namespace gateway::mcp
