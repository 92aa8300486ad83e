#include "gateway/groups/merged_introduction.h"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "gateway/base/json_text.h"
#include "gateway/mcp/version.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::groups {

using mcp::Method;
using rpc::find_member;

namespace {

/// What the group answers for all of them, itself.
bool is_of_group(rpc::Member const& capability) {
  return capability.is("tools") || capability.is("prompts") || capability.is("resources");
}

/// Those are named by what is in them.
bool is_joined_by_member(std::string_view capability) {
  return capability == "experimental" || capability == "extensions";
}

void append_object(std::string& out, std::map<std::string, std::string> const& members) {
  rpc::ObjectWriter writer(out);
  for (auto const& [key, value] : members) writer.member(key).append(value);
  writer.close();
}

std::string joined_capabilities(std::span<MemberIntroduction const> members) {
  std::map<std::string, std::string> found;
  std::map<std::string, std::map<std::string, std::string>> parts;
  for (auto const& each : members) {
    rpc::MemberWalk walk(find_member(each.raw_result, "capabilities"));
    while (auto const capability = walk.next()) {
      if (is_of_group(*capability) || !rpc::is_object(capability->value)) continue;
      if (!is_joined_by_member(capability->key)) {
        found.try_emplace(std::string(capability->key), capability->value);
        continue;
      }
      rpc::MemberWalk inner(capability->value);
      while (auto const part = inner.next())
        parts[std::string(capability->key)].try_emplace(std::string(part->key), part->value);
    }
  }
  found.insert_or_assign("tools", R"({"listChanged":true})");
  found.insert_or_assign("prompts", R"({"listChanged":true})");
  found.insert_or_assign("resources", R"({"subscribe":true,"listChanged":true})");
  for (auto const& [name, inner] : parts) append_object(found[name], inner);
  std::string out;
  append_object(out, found);
  return out;
}

std::string joined_instructions(std::span<MemberIntroduction const> members) {
  std::string text;
  for (auto const& each : members) {
    auto const raw = find_member(each.raw_result, "instructions");
    auto const own = rpc::is_string(raw) ? rpc::unquote(raw) : std::string{};
    if (own.empty()) continue;
    if (!text.empty()) text.append("\n\n");
    text.append("# ").append(each.alias).append("\n\n").append(own);
  }
  return text;
}

}  // namespace

std::string merged_introduction(std::string_view group, std::string_view version,
                                std::span<MemberIntroduction const> members) {
  std::string raw;
  rpc::ObjectWriter result(raw);
  append_json_string(result.member("protocolVersion"), to_text(mcp::kNewest));
  result.member("capabilities").append(joined_capabilities(members));
  auto& info = result.member("serverInfo");
  rpc::ObjectWriter server(info);
  append_json_string(server.member("name"), group);
  append_json_string(server.member("version"), version);
  server.close();
  if (auto const instructions = joined_instructions(members); !instructions.empty())
    append_json_string(result.member("instructions"), instructions);
  result.close();
  return raw;
}

bool may_answer(std::string_view raw_capabilities, Method method) {
  if (raw_capabilities.empty()) return true;
  auto const has = [&](std::string_view name) { return rpc::is_object(find_member(raw_capabilities, name)); };
  auto const is_one_of = [method](std::initializer_list<Method> methods) {
    return std::ranges::find(methods, method) != methods.end();
  };
  if (is_one_of({Method::ToolsList, Method::ToolsCall})) return has("tools");
  if (is_one_of({Method::PromptsList, Method::PromptsGet})) return has("prompts");
  if (is_one_of({Method::ResourcesList, Method::ResourceTemplatesList, Method::ResourcesRead,
                 Method::ResourcesSubscribe, Method::ResourcesUnsubscribe}))
    return has("resources");
  if (method == Method::CompletionComplete) return has("completions");
  return method != Method::LoggingSetLevel || has("logging");
}

}  // namespace gateway::groups
