#include "gateway/base/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace gateway {

namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kV4Front = 96;  ///< bits before an IPv4 address in ::ffff:a.b.c.d

std::optional<IpAddress> parse_address(std::string const& text) {
  IpAddress address;
  if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  address = {};
  address.bytes[10] = address.bytes[11] = 0xff;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data() + kV4Front / 8) == 1) return address;
  return std::nullopt;
}

}  // namespace

bool IpRange::contains(IpAddress const& address) const {
  auto const whole = bits / 8;
  if (!std::equal(first.bytes.begin(), first.bytes.begin() + whole, address.bytes.begin())) return false;
  auto const rest = bits % 8;
  return rest == 0 || ((first.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  auto const slash = text.find('/');
  auto const address = parse_address(std::string(text.substr(0, slash)));
  if (!address) return std::nullopt;
  if (slash == text.npos) return IpRange{*address, kBits};
  auto const digits = text.substr(slash + 1);
  auto const most = text.find(':') == text.npos ? kBits - kV4Front : kBits;
  unsigned bits = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || bits > most)
    return std::nullopt;
  return IpRange{*address, bits + kBits - most};
}

}  // namespace gateway
