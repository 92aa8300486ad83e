#include "gateway/mcp/params.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {

namespace {

using rpc::Member;
using rpc::MemberWalk;
using rpc::spells;

/// The keys a 2026-07-28 client adds to every request's _meta. Others of that
/// prefix, such as related-task, belong to the revisions we serve.
constexpr std::array<std::string_view, 4> kEnvelope{
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/logLevel",
};

bool is_envelope(std::string_view key) {
  return std::any_of(kEnvelope.begin(), kEnvelope.end(), [&](auto name) { return spells(key, name); });
}

void read_meta(Params& params) {
  MemberWalk walk(params.meta);
  while (auto const member = walk.next()) {
    if (spells(member->key, "progressToken")) {
      params.ambiguous |= !params.progress_token.empty();
      params.progress_token = member->value;
    } else if (is_envelope(member->key)) {
      params.has_envelope = true;
    }
  }
}

/// Writes an object anew from the members that stay.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

  std::string& member(std::string_view raw_key) {
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.push_back('"');
    out_.append(raw_key);
    return out_.append("\":");
  }
  void close() { out_.push_back('}'); }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_meta(std::string& out, std::string_view meta, ParamsRewrite const& rewrite) {
  ObjectWriter object(out);
  MemberWalk walk(meta);
  while (auto const member = walk.next()) {
    if (is_envelope(member->key)) continue;
    auto& to = object.member(member->key);
    if (!rewrite.progress_token.empty() && spells(member->key, "progressToken")) {
      to.append(rewrite.progress_token);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  object.close();
}

}  // namespace

Params read_params(std::string_view raw) {
  Params params;
  params.raw = raw;
  MemberWalk walk(raw);
  while (auto const member = walk.next()) {
    auto const take = [&](std::string_view name, std::string_view& slot) {
      if (!spells(member->key, name)) return;
      params.ambiguous |= !slot.empty();
      slot = member->value;
    };
    take("name", params.name);
    take("uri", params.uri);
    take("cursor", params.cursor);
    take("requestId", params.request_id);
    take("level", params.level);
    take("task", params.task);
    take("progressToken", params.progress_token);
    take("_meta", params.meta);
  }
  read_meta(params);
  return params;
}

void append_on_one_line(std::string& out, std::string_view raw) {
  auto const from = out.size();
  out.append(raw);
  // In valid JSON a raw line end occurs only between tokens.
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

void append_params(std::string& out, Params const& params, ParamsRewrite const& rewrite) {
  auto const rewrites_meta = params.has_envelope || (!rewrite.progress_token.empty() && !params.progress_token.empty());
  auto const drops_task = rewrite.drop_task && !params.task.empty();
  if (!rewrites_meta && !drops_task) return append_on_one_line(out, params.raw);

  ObjectWriter object(out);
  MemberWalk walk(params.raw);
  while (auto const member = walk.next()) {
    if (drops_task && spells(member->key, "task")) continue;
    auto& to = object.member(member->key);
    if (spells(member->key, "_meta") && rpc::is_object(member->value)) {
      append_meta(to, member->value, rewrite);
    } else if (!rewrite.progress_token.empty() && spells(member->key, "progressToken")) {
      to.append(rewrite.progress_token);
    } else {
      append_on_one_line(to, member->value);
    }
  }
  object.close();
}

}  // namespace gateway::mcp
