#include "gateway/mcp/result_redaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/base/json_text.h"
#include "gateway/base/utf8.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

/// For one message. Reached only by texts that were made for it.
constexpr auto kMostTime = std::chrono::milliseconds(500);

/// Where a key may begin: not within a word. Within JSON in a text, an escape ends in what looks like one.
#define KEY_BEGINS R"((?:\b|\\(?:[bfnrt]|u[0-9a-fA-F]{4})))"

/// As their issuers document them.
constexpr std::array kKeyShapes{
    KEY_BEGINS R"(gh[pousr]_[A-Za-z0-9]{36,251}\b)",                             // GitHub
    KEY_BEGINS R"(github_pat_[A-Za-z0-9_]{22,255}\b)",                           // GitHub
    KEY_BEGINS R"(glpat-[A-Za-z0-9_-]{20,})",                                    // GitLab
    KEY_BEGINS R"((?:AKIA|ASIA)[A-Z0-9]{16}\b)",                                 // AWS, the key's id
    KEY_BEGINS R"(AIza[A-Za-z0-9_-]{35})",                                       // Google
    KEY_BEGINS R"(xox[abeoprs]-[A-Za-z0-9-]{10,})",                              // Slack
    KEY_BEGINS R"(sk-[A-Za-z0-9_-]{20,})",                                       // OpenAI, Anthropic, LiteLLM
    KEY_BEGINS R"([rs]k_(?:live|test)_[A-Za-z0-9]{16,})",                        // Stripe
    KEY_BEGINS R"(npm_[A-Za-z0-9]{36}\b)",                                       // npm
    KEY_BEGINS R"(pypi-[A-Za-z0-9_-]{50,})",                                     // PyPI
    KEY_BEGINS R"(glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b)",                          // Grafana
    KEY_BEGINS R"(hf_[A-Za-z0-9]{30,}\b)",                                       // Hugging Face
    KEY_BEGINS R"(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",  // a JWT
    R"((?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]+-----|\z))",  // PEM
};

#undef KEY_BEGINS

/// Members of the protocol that the server gets back or that say how to read the rest: masked, they would break it.
constexpr std::array<std::string_view, 9> kOfTheProtocol{
    "nextCursor",    "requestState", "resultType", "protocolVersion",
    "progressToken", "requestId",    "type",       "io.modelcontextprotocol/subscriptionId",
    "mimeType"};

/// As serializers write it that leave nothing but ASCII.
std::string in_ascii(std::string_view json) {
  std::string ascii;
  while (!json.empty()) {
    auto const length = std::max<std::size_t>(utf8_length(json), 1);
    auto const character = json.substr(0, length);
    json.remove_prefix(length);
    if (length == 1) {
      ascii += character;
      continue;
    }
    auto code = static_cast<unsigned>(static_cast<unsigned char>(character[0])) & (0xffU >> (length + 1));
    for (auto const c : character.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
    if (code < 0x10000) {
      ascii += fmt::format("\\u{:04x}", code);
    } else {
      code -= 0x10000;
      ascii += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (code >> 10U), 0xdc00 + (code & 0x3ffU));
    }
  }
  return ascii;
}

/// With the ways in which each stands in JSON that is itself a text.
std::vector<std::string> spellings_of(std::vector<std::string> const& secrets) {
  std::vector<std::string> all;
  for (auto const& secret : secrets) {
    auto const quoted = json_string(secret);
    auto const escaped = quoted.substr(1, quoted.size() - 2);
    all.push_back(secret);
    if (escaped != secret) all.push_back(escaped);
    if (auto ascii = in_ascii(escaped); ascii != escaped) all.push_back(std::move(ascii));
  }
  return all;
}

std::vector<std::string> patterns_of(RedactionRules const& rules) {
  std::vector<std::string> all;
  if (rules.keys) all.insert(all.end(), kKeyShapes.begin(), kKeyShapes.end());
  all.insert(all.end(), rules.patterns.begin(), rules.patterns.end());
  return all;
}

}  // namespace

Result<ResultRedaction> ResultRedaction::by(RedactionRules const& rules) {
  auto patterns = TextPatterns::together(patterns_of(rules));
  if (!patterns) return patterns.error();
  return ResultRedaction(Needles(spellings_of(rules.secrets)), *std::move(patterns));
}

std::optional<std::string> ResultRedaction::redacted(std::string_view json) const {
  auto const deadline = std::chrono::steady_clock::now() + kMostTime;
  std::optional<std::string> clean;
  std::size_t copied = 0;
  std::string_view name;  // of the member whose value comes next
  for (auto at = json.find('"'); at != json.npos; at = json.find('"', at)) {
    auto const quoted = rpc::skip_value(json, at);
    if (quoted.empty()) break;  // no end
    auto const start = at;
    at += quoted.size();
    auto const next = rpc::skip_space(json, at);
    if (next < json.size() && json[next] == ':') {
      name = quoted.substr(1, quoted.size() - 2);
      // Of another value it is not the name.
      auto const value = rpc::skip_space(json, next + 1);
      if (value >= json.size() || json[value] != '"') name = {};
      continue;
    }
    if (std::ranges::find(kOfTheProtocol, std::exchange(name, {})) != kOfTheProtocol.end()) continue;
    auto const string = redacted_string(quoted, deadline);
    if (!string) continue;
    if (!clean) clean.emplace();
    clean->append(json, copied, start - copied).append(*string);
    copied = at;
  }
  if (clean) clean->append(json, copied);
  return clean;
}

/// Secrets first: a pattern that fits a part of one would leave the rest.
std::optional<std::string> ResultRedaction::redacted_text(std::string_view text,
                                                          TextPatterns::Deadline deadline) const {
  auto clean = secrets_.replaced(text, kMask);
  auto more = patterns_.replaced(clean ? *clean : text, kMask, deadline);
  return more ? std::move(more) : std::move(clean);
}

std::optional<std::string> ResultRedaction::redacted_string(std::string_view quoted,
                                                            TextPatterns::Deadline deadline) const {
  if (quoted.find('\\') == quoted.npos) {
    auto clean = redacted_text(quoted.substr(1, quoted.size() - 2), deadline);
    if (clean) clean->insert(0, 1, '"').push_back('"');
    return clean;
  }
  auto const clean = redacted_text(rpc::unquote(quoted), deadline);
  return clean ? std::optional(json_string(*clean)) : std::nullopt;
}

}  // namespace gateway::mcp
