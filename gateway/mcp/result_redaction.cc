#include "gateway/mcp/result_redaction.h"

#include <array>

#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

/// As their issuers document them. A word character before one means that it is part of something else.
constexpr std::array kKeyShapes{
    R"(\bgh[pousr]_[A-Za-z0-9]{36,251}\b)",                             // GitHub
    R"(\bgithub_pat_[A-Za-z0-9_]{22,255}\b)",                           // GitHub
    R"(\bglpat-[A-Za-z0-9_-]{20,})",                                    // GitLab
    R"(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)",                                 // AWS, the key's id
    R"(\bAIza[A-Za-z0-9_-]{35})",                                       // Google
    R"(\bxox[abeoprs]-[A-Za-z0-9-]{10,})",                              // Slack
    R"(\bsk-[A-Za-z0-9_-]{20,})",                                       // OpenAI, Anthropic, LiteLLM
    R"(\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,})",                        // Stripe
    R"(\bnpm_[A-Za-z0-9]{36}\b)",                                       // npm
    R"(\bpypi-[A-Za-z0-9_-]{50,})",                                     // PyPI
    R"(\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b)",                          // Grafana
    R"(\bhf_[A-Za-z0-9]{30,}\b)",                                       // Hugging Face
    R"(\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",  // a JWT
    R"((?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]+-----|\z))",  // PEM
};

std::vector<std::string> patterns_of(RedactionRules const& rules) {
  std::vector<std::string> all;
  for (auto const& secret : rules.secrets) all.push_back(TextPatterns::literal(secret));
  if (rules.keys) all.insert(all.end(), kKeyShapes.begin(), kKeyShapes.end());
  all.insert(all.end(), rules.patterns.begin(), rules.patterns.end());
  return all;
}

}  // namespace

Result<ResultRedaction> ResultRedaction::by(RedactionRules const& rules) {
  auto patterns = TextPatterns::together(patterns_of(rules));
  if (!patterns) return patterns.error();
  return ResultRedaction(*std::move(patterns));
}

std::optional<std::string> ResultRedaction::redacted(std::string_view json) const {
  std::optional<std::string> clean;
  std::size_t copied = 0;
  for (auto at = json.find('"'); at != json.npos; at = json.find('"', at)) {
    auto const quoted = rpc::skip_value(json, at);
    if (quoted.empty()) break;  // no end
    auto const start = at;
    at += quoted.size();
    auto const next = rpc::skip_space(json, at);
    if (next < json.size() && json[next] == ':') continue;
    auto const string = redacted_string(quoted);
    if (!string) continue;
    if (!clean) clean.emplace();
    clean->append(json, copied, start - copied).append(*string);
    copied = at;
  }
  if (clean) clean->append(json, copied);
  return clean;
}

std::optional<std::string> ResultRedaction::redacted_string(std::string_view quoted) const {
  if (quoted.find('\\') == quoted.npos) {
    auto clean = patterns_.replaced(quoted.substr(1, quoted.size() - 2), kMask);
    if (clean) clean->insert(0, 1, '"').push_back('"');
    return clean;
  }
  auto const clean = patterns_.replaced(rpc::unquote(quoted), kMask);
  return clean ? std::optional(json_string(*clean)) : std::nullopt;
}

}  // namespace gateway::mcp
