// A block of addresses, such as 10.0.0.0/8.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/base/ip_address.h"

namespace gateway {

struct IpRange {
  IpAddress first{};
  unsigned bits = 0;  ///< that all its addresses share, of the 128

  [[nodiscard]] bool contains(IpAddress const& address) const;
};

/// An address, or an address and the number of bits that matter: `10.0.0.0/8`, `::1`, `fd00::/8`.
[[nodiscard]] std::optional<IpRange> parse_ip_range(std::string_view text);

}  // namespace gateway
