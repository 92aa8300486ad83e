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

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Whether a parser that ignores case, as Go's does, takes the raw key for `name`.
bool resembles(std::string_view key, std::string_view name) {
  auto const equal = [&](std::string_view text) {
    return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
  };
  return key.find('\\') == std::string_view::npos ? equal(key) : equal(rpc::unquote(key));
}

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
    } else {
      params.ambiguous |= resembles(member->key, "progressToken");
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
      if (!spells(member->key, name)) {
        params.ambiguous |= resembles(member->key, name);
        return;
      }
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
  auto const from = static_cast<std::ptrdiff_t>(out.size());
  out.append(raw);
  // In valid JSON a raw line end occurs only between tokens; in most there is none.
  for (auto const line_end : {'\n', '\r'}) {
    if (raw.find(line_end) != std::string_view::npos) std::replace(out.begin() + from, out.end(), line_end, ' ');
  }
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
