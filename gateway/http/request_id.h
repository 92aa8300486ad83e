// The id of a request in answers and logs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/base/request_id.h"

namespace gateway::http {

/// Whether a client's own X-Request-Id is taken: 1..64 of A-Z a-z 0-9 . _ -, which
/// need no escape in a header or a log.
[[nodiscard]] bool is_request_id(std::string_view text);

/// Makes ids for requests whose client gave none: a few random characters, drawn
/// once, and a count. They are not secret, and no two of one maker are equal within
/// 36^7 requests. Owned by the Server.
class RequestIds {
 public:
  explicit RequestIds(std::uint64_t random);

  /// The next one. Valid until the next call.
  [[nodiscard]] std::string_view next();

 private:
  static constexpr std::size_t kRandom = 8;
  std::array<char, RequestId::kMadeSize> text_;
};

}  // namespace gateway::http
