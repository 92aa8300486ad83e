#include "gateway/mcp/client_id.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gateway::mcp {
namespace {

ClientId at(std::string const& address) {
  IpAddress parsed;
  EXPECT_EQ(1, inet_pton(AF_INET6, address.c_str(), parsed.bytes.data())) << address;
  return client_at(parsed);
}

TEST(ClientId, IsAnotherForEachPrincipalAndTheSameEachTime) {
  EXPECT_EQ(client_named("alice"), client_named("alice"));
  EXPECT_NE(client_named("alice"), client_named("bob"));
}

TEST(ClientId, IsAnotherForEachIPv4Address) {
  EXPECT_EQ(at("::ffff:192.0.2.1"), at("::ffff:192.0.2.1"));
  EXPECT_NE(at("::ffff:192.0.2.1"), at("::ffff:192.0.2.2"));
  EXPECT_NE(at("::ffff:127.0.0.1"), at("::ffff:127.0.0.2"));
}

TEST(ClientId, IsOneForAllThatBeginsWithTheSame64BitsOfIPv6) {
  EXPECT_EQ(at("2001:db8:0:1::1"), at("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  EXPECT_NE(at("2001:db8:0:1::1"), at("2001:db8:0:2::1"));
}

TEST(ClientId, IsNeverTheGatewaysOwnAndKeepsTheKindsApart) {
  std::set<ClientId> const ids{
      ClientId{},           client_at({}),    client_at(IpAddress{}),    at("0:0:0:1::"),       at("::ffff:0.0.0.0"),
      at("::ffff:0.0.0.1"), client_named(""), client_named("127.0.0.1"), at("::ffff:127.0.0.1")};
  EXPECT_EQ(9U, ids.size());
}

TEST(ClientId, IsOneForAllOfWhomNothingIsKnown) { EXPECT_EQ(client_at({}), client_at(std::nullopt)); }

}  // namespace
}  // namespace gateway::mcp
