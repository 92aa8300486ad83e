#include "gateway/mcp/tool_lock.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "gateway/base/counted.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/hidden_text.h"
#include "gateway/rpc/canonical_json.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::mcp {

namespace {

constexpr std::string_view kVersion = "1";
constexpr std::array<std::string_view, 5> kPinnedMembers{"annotations", "description", "inputSchema", "outputSchema",
                                                         "title"};

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  for (auto const byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

/// The pinned members of a tool in canonical JSON, in their order, which is the alphabet's.
std::string definition_of(std::string_view canonical_tool) {
  std::string definition;
  rpc::ObjectWriter writer(definition);
  for (auto const name : kPinnedMembers) {
    auto const value = rpc::find_member(canonical_tool, name);
    if (!value.empty()) writer.member(name).append(value);
  }
  writer.close();
  return definition;
}

// ── writing ──────────────────────────────────────────────────────────────────

/// Canonical JSON with a member or element a line.
void append_indented(std::string& out, std::string_view value, std::size_t depth) {
  auto const line = [&](std::size_t at) { out.append("\n").append(2 * at, ' '); };
  if (value == "{}" || value == "[]") {
    out.append(value);
  } else if (rpc::is_object(value)) {
    rpc::MemberWalk walk(value);
    auto separator = '{';
    while (auto const member = walk.next()) {
      out.push_back(std::exchange(separator, ','));
      line(depth + 1);
      out.append("\"").append(member->key).append("\": ");
      append_indented(out, member->value, depth + 1);
    }
    line(depth);
    out.push_back('}');
  } else if (rpc::is_array(value)) {
    rpc::ElementWalk walk(value);
    auto separator = '[';
    while (auto const element = walk.next()) {
      out.push_back(std::exchange(separator, ','));
      line(depth + 1);
      append_indented(out, *element, depth + 1);
    }
    line(depth);
    out.push_back(']');
  } else {
    out.append(value);
  }
}

// ── reading ──────────────────────────────────────────────────────────────────

Error wrong(std::string_view server, std::string_view tool, std::string_view what) {
  return Error{fmt::format("servers.{}.tools.{}: {}", server, tool, what)};
}

Result<PinnedTool> read_pin(std::string_view server, std::string_view name, std::string_view value) {
  auto const raw = rpc::find_member(value, "definition");
  auto const hash = rpc::find_member(value, "sha256");
  if (!rpc::is_object(raw) || !rpc::is_string(hash)) return wrong(server, name, "expected a sha256 and a definition");
  auto const canonical = rpc::canonical_json(raw);
  if (!canonical) return wrong(server, name, "a member of its definition stands twice");
  PinnedTool pin{definition_of(*canonical), rpc::unquote(hash)};
  if (sha256_hex(pin.definition) != pin.sha256) {
    return wrong(server, name, "sha256 is not that of its definition: was the file edited by hand?");
  }
  return pin;
}

Result<PinnedTools> read_pins(std::string_view server, std::string_view value) {
  PinnedTools pins;
  rpc::MemberWalk walk(rpc::find_member(value, "tools"));
  while (auto const member = walk.next()) {
    auto name = rpc::unquote(member->key);
    auto pin = read_pin(server, name, member->value);
    if (!pin) return pin.error();
    pins.insert_or_assign(std::move(name), *std::move(pin));
  }
  return pins;
}

// ── differences ──────────────────────────────────────────────────────────────

constexpr std::size_t kShownAround = 40;
constexpr std::size_t kShownMost = 200;

/// Where UTF-8 may be cut at or before `at`.
std::size_t cut_before(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return std::min(at, text.size());
}

std::string excerpt(std::string_view text, std::size_t from, std::size_t to) {
  from = cut_before(text, from);
  to = cut_before(text, std::min({to, text.size(), from + kShownMost}));
  return fmt::format("{}{}{}", from > 0 ? "…" : "", with_hidden_shown(text.substr(from, to - from)),
                     to < text.size() ? "…" : "");
}

/// The parts of two texts that differ, with a little before and behind.
std::string changed_text(std::string_view before, std::string_view after) {
  if (before.empty()) return fmt::format("(none) → {}", excerpt(after, 0, after.size()));
  if (after.empty()) return fmt::format("{} → (none)", excerpt(before, 0, before.size()));
  auto const shorter = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
  auto const from = front > kShownAround ? front - kShownAround : 0;
  return fmt::format("{} → {}", excerpt(before, from, before.size() - back + kShownAround),
                     excerpt(after, from, after.size() - back + kShownAround));
}

void append_changes(std::string& out, std::string_view before, std::string_view after) {
  for (auto const name : kPinnedMembers) {
    auto const was = rpc::find_member(before, name);
    auto const is = rpc::find_member(after, name);
    if (was != is) out += fmt::format("    {}: {}\n", name, changed_text(was, is));
  }
}

std::string_view definition_in(PinnedTools const& tools, std::string const& name) {
  auto const found = tools.find(name);
  return found == tools.end() || found->second.definition.empty() ? std::string_view("{}") : found->second.definition;
}

}  // namespace

std::optional<std::pair<std::string, PinnedTool>> pin_of(std::string_view raw_tool) {
  auto const canonical = rpc::canonical_json(raw_tool);
  if (!canonical) return std::nullopt;
  auto const name = rpc::find_member(*canonical, "name");
  if (!rpc::is_string(name)) return std::nullopt;
  PinnedTool pin{definition_of(*canonical), {}};
  pin.sha256 = sha256_hex(pin.definition);
  return std::pair(rpc::unquote(name), std::move(pin));
}

void add_pins(PinnedTools& pins, std::string_view raw_tools) {
  rpc::ElementWalk walk(raw_tools);
  while (auto const tool = walk.next()) {
    if (auto pin = pin_of(*tool)) {
      auto const [at, is_new] = pins.try_emplace(std::move(pin->first), std::move(pin->second));
      if (!is_new) at->second = {};
    } else if (auto const name = rpc::find_member(*tool, "name"); rpc::is_string(name)) {
      pins[rpc::unquote(name)] = {};
    }
  }
}

Result<ToolLock> read_tool_lock(std::string_view text) {
  if (rpc::validate(text)) return Error{"it is not valid JSON"};
  auto const whole = text.substr(rpc::skip_space(text, 0));
  if (!rpc::is_object(whole) || rpc::find_member(whole, "version") != kVersion) {
    return Error{
        fmt::format("expected an object with \"version\": {}, as mcp-gateway lock --write makes it", kVersion)};
  }
  ToolLock lock;
  rpc::MemberWalk walk(rpc::find_member(whole, "servers"));
  while (auto const member = walk.next()) {
    auto server = rpc::unquote(member->key);
    auto pins = read_pins(server, member->value);
    if (!pins) return pins.error();
    lock.insert_or_assign(std::move(server), *std::move(pins));
  }
  return lock;
}

std::string write_tool_lock(ToolLock const& lock) {
  std::string plain = fmt::format(R"({{"version":{},"servers":{{)", kVersion);
  std::string_view between_servers;
  for (auto const& [server, tools] : lock) {
    plain += fmt::format(R"({}{}:{{"tools":{{)", std::exchange(between_servers, ","), json_string(server));
    std::string_view between_tools;
    for (auto const& [name, pin] : tools) {
      plain += fmt::format(R"({}{}:{{"sha256":"{}","definition":{}}})", std::exchange(between_tools, ","),
                           json_string(name), pin.sha256, pin.definition);
    }
    plain += "}}";
  }
  plain += "}}";
  std::string out;
  append_indented(out, plain, 0);
  return out + "\n";
}

ToolDrift drift_of(PinnedTools const& pinned, PinnedTools const& offered) {
  ToolDrift drift;
  for (auto const& [name, pin] : offered) {
    auto const found = pinned.find(name);
    if (found == pinned.end()) {
      drift.added.push_back(name);
    } else if (pin.sha256 != found->second.sha256) {
      drift.changed.push_back(name);
    }
  }
  for (auto const& [name, pin] : pinned) {
    if (offered.find(name) == offered.end()) drift.missing.push_back(name);
  }
  return drift;
}

std::string to_text(ToolDrift const& drift) {
  if (!drift.any()) return {};
  constexpr std::size_t kNamed = 5;
  auto text = fmt::format("{} {} not as pinned: ", counted(drift.count(), "tool"), drift.count() == 1 ? "is" : "are");
  std::size_t named = 0;
  auto const name_all = [&](std::vector<std::string> const& names, std::string_view how) {
    for (auto const& name : names) {
      if (++named > kNamed) return;
      text += fmt::format("{}{} ({})", named > 1 ? ", " : "", with_hidden_shown(name), how);
    }
  };
  name_all(drift.changed, "changed");
  name_all(drift.added, "new");
  name_all(drift.missing, "missing");
  if (drift.count() > kNamed) text += fmt::format(" and {} more", drift.count() - kNamed);
  return text;
}

std::string difference(ToolDrift const& drift, PinnedTools const& pinned, PinnedTools const& offered) {
  std::string out;
  for (auto const& name : drift.changed) {
    out += fmt::format("  changed {}\n", with_hidden_shown(name));
    if (offered.find(name)->second.definition.empty()) out += "    it stands there twice, or has a member twice\n";
    append_changes(out, definition_in(pinned, name), definition_in(offered, name));
  }
  for (auto const& name : drift.added) {
    out += fmt::format("  new     {}\n", with_hidden_shown(name));
    append_changes(out, "{}", definition_in(offered, name));
  }
  for (auto const& name : drift.missing) out += fmt::format("  missing {}\n", with_hidden_shown(name));
  return out;
}

std::string without_tools(std::string_view raw_result, std::function<bool(std::string_view)> const& keeps) {
  std::string out;
  rpc::ObjectWriter writer(out);
  rpc::MemberWalk walk(raw_result);
  while (auto const member = walk.next()) {
    auto& value = writer.member(member->key);
    if (!member->is("tools") || !rpc::is_array(member->value)) {
      value.append(member->value);
      continue;
    }
    std::string_view between;
    value.push_back('[');
    rpc::ElementWalk tools(member->value);
    while (auto const tool = tools.next()) {
      if (keeps(*tool)) value.append(std::exchange(between, ",")).append(*tool);
    }
    value.push_back(']');
  }
  writer.close();
  return out;
}

}  // namespace gateway::mcp
