#include "gateway/mcp/header_value.h"

#include "gateway/base/base64.h"
#include "gateway/base/utf8.h"

namespace gateway::mcp {

std::optional<std::string> decoded(std::string_view header_value) {
  constexpr std::string_view kBegin = "=?base64?";
  constexpr std::string_view kEnd = "?=";
  auto const is_encoded = header_value.size() >= kBegin.size() + kEnd.size() && header_value.starts_with(kBegin) &&
                          header_value.ends_with(kEnd);
  if (!is_encoded) return std::string(header_value);
  header_value.remove_prefix(kBegin.size());
  header_value.remove_suffix(kEnd.size());
  auto text = decode_base64(header_value);
  if (text && !is_utf8(*text)) return std::nullopt;
  return text;
}

}  // namespace gateway::mcp
