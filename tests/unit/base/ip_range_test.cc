#include "gateway/base/ip_range.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

bool holds(std::string_view range, std::string_view address) {
  return parse_ip_range(range)->contains(parse_ip_range(address)->first);
}

TEST(IpRange, HoldsTheAddressesThatShareItsFirstBits) {
  EXPECT_TRUE(holds("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(holds("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(holds("172.16.0.0/12", "172.31.0.1"));
  EXPECT_FALSE(holds("172.16.0.0/12", "172.32.0.1"));
  EXPECT_TRUE(holds("fd00::/8", "fd12::1"));
  EXPECT_FALSE(holds("fd00::/8", "fe00::1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "1.2.3.4"));
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_TRUE(holds("::/0", "1.2.3.4"));
}

TEST(IpRange, IsNothingElse) {
  for (auto const* const text : {"", "10.0.0.0/", "10.0.0.0/33", "::1/129", "10.0.0/8", "name", "10.0.0.0/-1",
                                 "10.0.0.0/8x", "[::1]", "10.0.0.0 /8"})
    EXPECT_FALSE(parse_ip_range(text)) << text;
}

}  // namespace
}  // namespace gateway
