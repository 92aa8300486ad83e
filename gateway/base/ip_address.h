// A numeric address, without a port.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace gateway {

/// IPv6, as its bytes go over the wire; IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool is_v4() const {
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  }

  bool operator==(IpAddress const&) const = default;
};

/// Whether it is this machine's own: 127.0.0.0/8 or ::1.
[[nodiscard]] inline bool is_loopback(IpAddress const& address) {
  if (address.is_v4()) return address.bytes[12] == 127;
  return address == IpAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
}

}  // namespace gateway
