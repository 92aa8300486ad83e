#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>

#include "gateway/io/event_loop.h"
#include "gateway/io/stream.h"

namespace gateway::io {
namespace {

class NoHandler final : public Stream::Handler {
  void on_bytes(std::string_view) override {}
  void on_end(Stream::End) override {}
  void on_sent() override {}
};

/// A socket and what was accepted of it, over `family` from `from` to a listener bound to `to`.
struct Pair {
  UniqueFd client;
  UniqueFd accepted;
};

template <typename Address>
Pair connected(int family, Address to, Address from) {
  auto* const name = reinterpret_cast<sockaddr*>(&to);
  socklen_t size = sizeof to;
  UniqueFd const listener(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(0, ::bind(listener.get(), name, size));
  EXPECT_EQ(0, ::listen(listener.get(), 1));
  EXPECT_EQ(0, ::getsockname(listener.get(), name, &size));
  UniqueFd client(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(0, ::bind(client.get(), reinterpret_cast<sockaddr*>(&from), sizeof from));
  EXPECT_EQ(0, ::connect(client.get(), name, size));
  UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return {std::move(client), std::move(accepted)};
}

std::optional<IpAddress> peer_of(UniqueFd socket) {
  EventLoop loop;
  NoHandler handler;
  Stream const stream(loop, std::move(socket), handler);
  return stream.address();
}

sockaddr_in v4(std::uint32_t address) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  return name;
}

sockaddr_in6 v6(in6_addr const& address) {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = address;
  return name;
}

TEST(PeerAddress, IsAnIPv4AddressAsAMappedOne) {
  auto pair = connected(AF_INET, v4(INADDR_LOOPBACK), v4(0x7f000203));
  IpAddress const expected{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 2, 3}};
  EXPECT_EQ(expected, peer_of(std::move(pair.accepted)));
  EXPECT_TRUE(expected.is_v4());
}

TEST(PeerAddress, IsAnIPv6AddressAsItIs) {
  auto pair = connected(AF_INET6, v6(in6addr_loopback), v6(in6addr_loopback));
  IpAddress const expected{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  EXPECT_EQ(expected, peer_of(std::move(pair.accepted)));
  EXPECT_FALSE(expected.is_v4());
}

TEST(PeerAddress, IsNothingWhereThereIsNone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
  UniqueFd const other(ends[1]);
  EXPECT_EQ(std::nullopt, peer_of(UniqueFd(ends[0])));
}

TEST(PeerAddress, IsNothingOnceThePeerHasResetTheConnection) {
  auto pair = connected(AF_INET, v4(INADDR_LOOPBACK), v4(INADDR_LOOPBACK));
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(0, ::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  pair.client.reset();
  EXPECT_EQ(std::nullopt, peer_of(std::move(pair.accepted)));
}

}  // namespace
}  // namespace gateway::io
