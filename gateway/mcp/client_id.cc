#include "gateway/mcp/client_id.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace gateway::mcp {

namespace {

enum class Kind : std::uint64_t { Unknown = 1, Principal, V4, V6 };

/// Each number to another one, far from those of its neighbours (splitmix64's finalizer).
ClientId id_of(Kind kind, std::uint64_t value) {
  auto x = value + raw(kind) * 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  x ^= x >> 31;
  return ClientId{x == 0 ? 1 : x};  // 0 is the gateway itself
}

}  // namespace

ClientId client_named(std::string_view principal) {
  return id_of(Kind::Principal, std::hash<std::string_view>{}(principal));
}

ClientId client_at(std::optional<IpAddress> const& address) {
  if (!address) return id_of(Kind::Unknown, 0);
  std::size_t const from = address->is_v4() ? 12 : 0;
  std::size_t const to = address->is_v4() ? 16 : 8;
  std::uint64_t value = 0;
  for (auto at = from; at < to; ++at) value = value << 8 | address->bytes[at];
  return id_of(address->is_v4() ? Kind::V4 : Kind::V6, value);
}

}  // namespace gateway::mcp
