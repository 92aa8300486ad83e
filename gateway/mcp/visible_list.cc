#include "gateway/mcp/visible_list.h"

#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

/// Clients may differ on which of two members counts, so each of them must be allowed.
bool is_visible(std::string_view element, std::string_view name_key, NameRules const& names) {
  auto named = false;
  rpc::MemberWalk walk(element);
  while (auto const member = walk.next()) {
    if (!member->resembles(name_key)) continue;
    if (!rpc::is_string(member->value) || !names.allows(rpc::unquote(member->value))) return false;
    named = true;
  }
  return named && walk.ok();
}

/// False where it is no list.
bool append_visible(std::string& out, std::string_view raw_list, std::string_view name_key, NameRules const& names) {
  if (!rpc::is_array(raw_list)) return false;
  auto is_first = true;
  out.push_back('[');
  rpc::ElementWalk walk(raw_list);
  while (auto const element = walk.next()) {
    if (!rpc::is_object(*element) || !is_visible(*element, name_key, names)) continue;
    if (!is_first) out.push_back(',');
    is_first = false;
    out.append(*element);
  }
  out.push_back(']');
  return walk.ok();
}

}  // namespace

std::optional<ListShape> list_shape(Method method) {
  if (method == Method::ToolsList) return ListShape{"tools", "name"};
  if (method == Method::PromptsList) return ListShape{"prompts", "name"};
  if (method == Method::ResourcesList) return ListShape{"resources", "uri"};
  if (method == Method::ResourceTemplatesList) return ListShape{"resourceTemplates", "uriTemplate"};
  return std::nullopt;
}

bool is_list(Method method) { return list_shape(method).has_value(); }

std::optional<std::string> visible_list(Method method, std::string_view raw_result, NameRules const& names) {
  auto const shape = list_shape(method);
  if (!shape || !rpc::is_object(raw_result)) return std::nullopt;
  std::string out;
  out.reserve(raw_result.size());
  rpc::ObjectWriter result(out);
  rpc::MemberWalk walk(raw_result);
  while (auto const member = walk.next()) {
    auto& value = result.member(member->key);
    if (member->resembles(shape->list)) {
      if (!append_visible(value, member->value, shape->name, names)) return std::nullopt;
    } else if (member->is("cacheScope")) {
      value.append("\"private\"");
    } else {
      value.append(member->value);
    }
  }
  result.close();
  return walk.ok() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace gateway::mcp
