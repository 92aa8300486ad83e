#include "gateway/groups/tool_shape.h"

#include <algorithm>
#include <utility>

#include "gateway/base/json_text.h"
#include "gateway/base/name_rules.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/message.h"

namespace gateway::groups {

namespace {

using Pinned = std::map<std::string, std::string, std::less<>>;

/// A server may take a key in another case for the same argument, as Go's parser does.
bool is_pinned(Pinned const& pinned, rpc::Member const& member) {
  return std::ranges::any_of(pinned, [&](auto const& each) { return member.resembles(each.first); });
}

/// A list of required arguments without those.
void append_required(std::string& out, std::string_view required, Pinned const& pinned) {
  out.push_back('[');
  auto is_first = true;
  rpc::ElementWalk walk(required);
  while (auto const element = walk.next()) {
    if (pinned.contains(rpc::unquote(*element))) continue;
    if (!std::exchange(is_first, false)) out.push_back(',');
    out.append(*element);
  }
  out.push_back(']');
}

void append_schema(std::string& out, std::string_view schema, Pinned const& pinned) {
  rpc::ObjectWriter writer(out);
  rpc::MemberWalk walk(schema);
  while (auto const member = walk.next()) {
    auto& value = writer.member(member->key);
    if (member->is("properties") && rpc::is_object(member->value))
      rpc::append_without(value, member->value, [&](rpc::Member const& each) { return is_pinned(pinned, each); });
    else if (member->is("required"))
      append_required(value, member->value, pinned);
    else
      value.append(member->value);
  }
  writer.close();
}

void append_arguments(std::string& out, std::string_view arguments, Pinned const& pinned) {
  rpc::ObjectWriter writer(out);
  if (!arguments.empty()) {
    rpc::MemberWalk walk(arguments);
    while (auto const member = walk.next())
      if (!is_pinned(pinned, *member)) writer.member(member->key).append(member->value);
  }
  for (auto const& [name, value] : pinned) {
    auto const key = json_string(name);
    writer.member(std::string_view(key).substr(1, key.size() - 2)).append(value);
  }
  writer.close();
}

bool is_read_only_tool(std::string_view tool) {
  return rpc::find_member(rpc::find_member(tool, "annotations"), "readOnlyHint") == "true";
}

}  // namespace

ToolShape::ToolShape(config::ToolShaping rules) : rules_(std::move(rules)) {
  for (auto const& [name, change] : rules_.change)
    if (!change.name.empty()) renamed_.emplace(change.name, name);
}

config::ToolChange const* ToolShape::change_of(std::string_view name) const {
  auto const found = rules_.change.find(name);
  return found == rules_.change.end() ? nullptr : &found->second;
}

bool ToolShape::allows(std::string_view name) const {
  return (rules_.allow.empty() || fits_any(rules_.allow, name)) && !fits_any(rules_.deny, name);
}

std::optional<std::string_view> ToolShape::offered_as(std::string_view name) const {
  if (!allows(name)) return std::nullopt;
  if (auto const* const change = change_of(name); change != nullptr && !change->name.empty()) return change->name;
  if (renamed_.contains(name)) return std::nullopt;
  return name;
}

std::optional<std::string_view> ToolShape::behind(std::string_view offered) const {
  auto const renamed = renamed_.find(offered);
  auto const name = renamed == renamed_.end() ? offered : std::string_view(renamed->second);
  if (offered_as(name) != offered) return std::nullopt;
  return name;
}

std::vector<std::string> ToolShape::names_in(std::string_view raw_result) const {
  std::vector<std::string> names;
  rpc::ElementWalk walk(rpc::find_member(raw_result, "tools"));
  while (auto const tool = walk.next()) {
    auto name = rpc::is_object(*tool) ? rpc::unquote(rpc::find_member(*tool, "name")) : std::string{};
    if (!name.empty() && (!rules_.read_only || is_read_only_tool(*tool))) names.push_back(std::move(name));
  }
  return names;
}

void ToolShape::append_tool(std::string& out, std::string_view tool, std::string_view name,
                            std::string_view offered) const {
  auto const* const change = change_of(name);
  auto const is_described = change != nullptr && !change->description.empty();
  auto const is_replaced = [&](rpc::Member const& member) {
    return member.resembles("name") || (is_described && member.resembles("description"));
  };
  rpc::ObjectWriter writer(out);
  append_json_string(writer.member("name"), offered);
  if (is_described) append_json_string(writer.member("description"), change->description);
  rpc::MemberWalk walk(tool);
  while (auto const member = walk.next()) {
    if (is_replaced(*member)) continue;
    auto& value = writer.member(member->key);
    if (has_arguments(name) && member->is("inputSchema") && rpc::is_object(member->value))
      append_schema(value, member->value, change->arguments);
    else
      value.append(member->value);
  }
  writer.close();
}

bool ToolShape::has_arguments(std::string_view name) const {
  auto const* const change = change_of(name);
  return change != nullptr && !change->arguments.empty();
}

std::optional<std::string> ToolShape::with_arguments(std::string_view params, std::string_view name,
                                                     std::string_view own) const {
  auto arguments = rpc::find_member(params, "arguments");
  if (arguments == "null") arguments = {};
  if (!arguments.empty() && !rpc::is_object(arguments)) return std::nullopt;
  std::string text;
  rpc::ObjectWriter writer(text);
  append_json_string(writer.member("name"), own);
  append_arguments(writer.member("arguments"), arguments, change_of(name)->arguments);
  rpc::MemberWalk walk(params);
  while (auto const member = walk.next()) {
    if (!member->is("name") && !member->is("arguments")) writer.member(member->key).append(member->value);
  }
  writer.close();
  return text;
}

}  // namespace gateway::groups
