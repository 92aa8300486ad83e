#include "gateway/rpc/rpc_error.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"

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

}  // namespace gateway::rpc
