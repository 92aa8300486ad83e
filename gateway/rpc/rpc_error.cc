#include "gateway/rpc/rpc_error.h"

#include <fmt/format.h>

#include <charconv>

#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::rpc {

std::string error_object(ErrorCode code, std::string_view message, std::string_view raw_data) {
  auto object = fmt::format(R"({{"code":{},"message":{})", static_cast<int>(code), json_string(message));
  if (!raw_data.empty()) object.append(R"(,"data":)").append(raw_data);
  return object + "}";
}

std::string error_message(std::string_view raw_id, ErrorCode code, std::string_view message,
                          std::string_view raw_data) {
  auto const error = error_object(code, message, raw_data);
  if (raw_id.empty()) return fmt::format(R"({{"jsonrpc":"2.0","error":{}}})", error);
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{}}})", raw_id, error);
}

std::optional<std::uint64_t> retry_after_ms(std::string_view raw_error) {
  auto const text = find_member(find_member(raw_error, "data"), "retry_after_ms");
  std::uint64_t ms = 0;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, ms);
  return !text.empty() && read.ec == std::errc{} && read.ptr == end ? std::optional(ms) : std::nullopt;
}

int error_code(std::string_view raw_error) {
  auto const text = find_member(raw_error, "code");
  int code = 0;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, code);
  return read.ec == std::errc{} && read.ptr == end ? code : 0;
}

}  // namespace gateway::rpc
