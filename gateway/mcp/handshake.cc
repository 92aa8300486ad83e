#include "gateway/mcp/handshake.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/mcp/envelope.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

using envelope_key::kServerInfo;
using rpc::find_member;
using rpc::is_object;
using rpc::MemberWalk;

/// The object with some members left out or replaced.
template <typename Choose>
std::string rebuilt(std::string_view object, Choose choose) {
  std::string out = "{";
  MemberWalk walk(object);
  while (auto const member = walk.next()) {
    std::optional<std::string> const value = choose(*member);
    if (!value) continue;
    if (out.size() > 1) out.push_back(',');
    out.append("\"").append(member->key).append("\":").append(*value);
  }
  return out + "}";
}

std::string on_one_line(std::string_view raw) {
  std::string out;
  append_on_one_line(out, raw);
  return out;
}

/// A task id of one client would be within reach of all: tasks are not offered.
std::string without_tasks(std::string_view capabilities) {
  return rebuilt(capabilities, [](rpc::Member const& capability) -> std::optional<std::string> {
    if (capability.is("tasks")) return std::nullopt;
    return on_one_line(capability.value);
  });
}

/// Extensions are negotiated by clients of the stateless revision alone, and so are their tasks.
std::string for_sessions(std::string_view capabilities) {
  return rebuilt(capabilities, [](rpc::Member const& capability) -> std::optional<std::string> {
    if (capability.is("tasks") || capability.is("extensions")) return std::nullopt;
    return on_one_line(capability.value);
  });
}

bool lists_our_version(std::string_view raw_versions) {
  rpc::ElementWalk walk(raw_versions);
  while (auto const version = walk.next()) {
    if (rpc::is_string(*version) && rpc::unquote(*version) == kStatelessRevision) return true;
  }
  return false;
}

/// The InitializeResult that a DiscoverResult amounts to.
std::string initialize_result(std::string_view raw_result, std::string_view name) {
  std::string raw;
  rpc::ObjectWriter result(raw);
  result.member("protocolVersion").append(json_string(to_text(kNewest)));
  result.member("capabilities").append(for_sessions(find_member(raw_result, "capabilities")));
  auto const info = find_member(find_member(raw_result, "_meta"), kServerInfo);
  result.member("serverInfo")
      .append(is_object(info) ? on_one_line(info) : fmt::format(R"({{"name":{},"version":"0"}})", json_string(name)));
  auto const instructions = find_member(raw_result, "instructions");
  if (rpc::is_string(instructions)) result.member("instructions").append(instructions);
  result.close();
  return raw;
}

}  // namespace

std::string shared_initialize_params(std::string_view gateway_version, bool asks_owner) {
  std::string_view const capabilities =
      asks_owner ? R"({"roots":{},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}}})" : "{}";
  return fmt::format(
      R"({{"protocolVersion":"{}","capabilities":{},"clientInfo":{{"name":"mcp-gateway","version":{}}}}})",
      to_text(kNewest), capabilities, json_string(gateway_version));
}

std::string asked_revision(std::string_view initialize_params) {
  return rpc::unquote(find_member(initialize_params, "protocolVersion"));
}

std::string exclusive_initialize_params(std::string_view client_params) {
  auto const known = revision_from(asked_revision(client_params));
  return rebuilt(client_params, [&](rpc::Member const& member) -> std::optional<std::string> {
    if (member.is("_meta")) return std::nullopt;
    if (member.is("protocolVersion") && !known) return json_string(to_text(kNewest));
    return on_one_line(member.value);
  });
}

std::string with_service_version(std::string_view raw_result, std::string_view version) {
  auto const is_info = [](rpc::Member const& member) {
    return (member.is("serverInfo") || member.is(kServerInfo)) && is_object(member.value);
  };
  auto const in_info = [version](rpc::Member const& member) -> std::optional<std::string> {
    if (!member.is("version") || !rpc::is_string(member.value)) return std::string(member.value);
    auto const own = rpc::unquote(member.value);
    return json_string(fmt::format("{}{}{}", own, own.find('+') == std::string::npos ? '+' : '.', version));
  };
  auto const in_meta = [&](rpc::Member const& member) -> std::optional<std::string> {
    return is_info(member) ? rebuilt(member.value, in_info) : std::string(member.value);
  };
  if (!is_object(raw_result)) return std::string(raw_result);
  return rebuilt(raw_result, [&](rpc::Member const& member) -> std::optional<std::string> {
    if (member.is("_meta") && is_object(member.value)) return rebuilt(member.value, in_meta);
    return in_meta(member);
  });
}

std::optional<Handshake> Handshake::from(std::string_view raw_result, Sharing sharing) {
  auto const version = find_member(raw_result, "protocolVersion");
  auto const capabilities = find_member(raw_result, "capabilities");
  if (!is_object(raw_result) || !rpc::is_string(version) || !is_object(capabilities)) return std::nullopt;

  Handshake handshake(std::string(raw_result), capabilities);
  handshake.sharing_ = sharing;
  handshake.revision_text_ = rpc::unquote(version);
  handshake.revision_ = revision_from(handshake.revision_text_).value_or(kNewest);
  return handshake;
}

std::optional<Handshake> Handshake::from_discovery(std::string_view raw_result, std::string_view name) {
  auto const versions = find_member(raw_result, "supportedVersions");
  auto const capabilities = find_member(raw_result, "capabilities");
  if (!is_object(raw_result) || !lists_our_version(versions) || !is_object(capabilities)) return std::nullopt;

  Handshake handshake(initialize_result(raw_result, name), capabilities);
  handshake.era_ = Era::Stateless;
  handshake.revision_text_ = kStatelessRevision;
  auto const own = rebuilt(raw_result, [](rpc::Member const& member) -> std::optional<std::string> {
    if (member.is("supportedVersions")) return fmt::format(R"(["{}"])", kStatelessRevision);
    return on_one_line(member.value);
  });
  append_for_stateless(handshake.discover_, own, {.cache = CacheHint{}, .server_info = {}});
  return handshake;
}

Handshake::Handshake(std::string raw, std::string_view capabilities) : raw_(std::move(raw)) {
  auto const info = find_member(raw_, "serverInfo");
  if (is_object(info)) server_info_.assign(info);
  auto const tools = find_member(capabilities, "tools");
  has_tools_ = is_object(tools);
  tells_tool_changes_ = find_member(tools, "listChanged") == "true";
  has_logging_ = is_object(find_member(capabilities, "logging"));
}

std::string_view Handshake::capabilities() const { return find_member(raw_, "capabilities"); }

std::string_view Handshake::result_for(Revision negotiated) {
  auto& built = built_[static_cast<std::size_t>(negotiated)];
  if (built.empty()) built = build(negotiated);
  return built;
}

std::string_view Handshake::discover_result() {
  if (!discover_.empty()) return discover_;
  auto const own = rebuilt(raw_, [](rpc::Member const& member) -> std::optional<std::string> {
    if (member.is("capabilities")) return without_tasks(member.value);
    if (member.is("instructions")) return on_one_line(member.value);
    return std::nullopt;
  });
  auto const versions = fmt::format(R"({{"supportedVersions":["{}"],)", kStatelessRevision) + own.substr(1);
  append_for_stateless(discover_, versions, {.cache = CacheHint{}, .server_info = server_info()});
  return discover_;
}

std::uint32_t Handshake::list_ttl_ms(Method method) const {
  constexpr std::uint32_t kWhereChangesAreReported = 60'000;
  auto const what = method == Method::ToolsList       ? "tools"
                    : method == Method::PromptsList   ? "prompts"
                    : method == Method::ResourcesList ? "resources"
                                                      : "";
  return declares(what, "listChanged") ? kWhereChangesAreReported : 0;
}

bool Handshake::declares(std::string_view capability, std::string_view flag) const {
  return find_member(find_member(find_member(raw_, "capabilities"), capability), flag) == "true";
}

ListenFilter Handshake::honoured(ListenFilter const& wanted) const {
  ListenFilter honoured;
  honoured.tools = wanted.tools && declares("tools", "listChanged");
  honoured.prompts = wanted.prompts && declares("prompts", "listChanged");
  honoured.resources = wanted.resources && declares("resources", "listChanged");
  if (declares("resources", "subscribe")) honoured.uris = wanted.uris;
  return honoured;
}

std::string Handshake::build(Revision negotiated) const {
  return rebuilt(raw_, [&](rpc::Member const& member) -> std::optional<std::string> {
    if (member.is("protocolVersion")) return json_string(to_text(negotiated));
    if (member.is("capabilities") && sharing_ == Sharing::Shared) {
      return without_tasks(member.value);
    }
    return std::string(member.value);
  });
}

}  // namespace gateway::mcp
