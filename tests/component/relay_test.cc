#include "gateway/io/relay.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "gateway/io/socket_address.h"
#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

class RelayTest : public ::testing::Test, private Relay::Owner {
 protected:
  RelayTest() {
    auto client = connected_pair();
    auto server = connected_pair();
    at_client = std::move(client->first);
    at_server = std::move(server->first);
    relay = std::make_unique<Relay>(loop, std::move(client->second), nullptr, std::move(server->second),
                                    static_cast<Relay::Owner&>(*this));
  }

  void on_relay_over(Relay& over) override {
    EXPECT_EQ(relay.get(), &over);
    loop.bury(std::move(relay));
  }
  /// What comes at an end until it has so many bytes.
  std::string read(UniqueFd const& end, std::size_t count) {
    std::string got;
    (void)fakes::turn_until(loop, [&] {
      std::array<char, 65536> piece;
      auto const size = ::recv(end.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      if (size > 0) got.append(piece.data(), static_cast<std::size_t>(size));
      return got.size() >= count;
    });
    return got;
  }
  static void send(UniqueFd const& end, std::string_view bytes) {
    EXPECT_EQ(static_cast<ssize_t>(bytes.size()), ::send(end.get(), bytes.data(), bytes.size(), MSG_DONTWAIT));
  }

  EventLoop loop;
  std::unique_ptr<Relay> relay;
  UniqueFd at_client;
  UniqueFd at_server;
};

TEST_F(RelayTest, PassesBytesBothWays) {
  send(at_client, "a question");
  EXPECT_EQ("a question", read(at_server, 10));
  send(at_server, "an answer");
  EXPECT_EQ("an answer", read(at_client, 9));
}

TEST_F(RelayTest, PassesTheRestOnBeforeItEnds) {
  std::string const last(100'000, 'x');
  send(at_server, last);
  at_server.reset();
  EXPECT_EQ(last, read(at_client, last.size()));
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return relay == nullptr; }));
}

TEST_F(RelayTest, EndsWithItsClient) {
  at_client.reset();
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return relay == nullptr; }));
}

TEST_F(RelayTest, StopsReadingWhereNobodyTakesIt) {
  std::string const piece(64 * 1024, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 100;) {
    auto const size = ::send(at_server.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    idle = size > 0 ? 0 : idle + 1;
    if (size > 0) sent += static_cast<std::size_t>(size);
    loop.turn(Duration{});
    ASSERT_LT(sent, 64U * 1024 * 1024) << "it takes whatever comes";
  }
  EXPECT_EQ(sent, read(at_client, sent).size()) << "and goes on once somebody does";
}

}  // namespace
}  // namespace gateway::io
