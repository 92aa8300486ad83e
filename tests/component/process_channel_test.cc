#include "gateway/io/process_channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

class ProcessChannelTest : public ::testing::Test, public ProcessChannel::Handler {
 protected:
  ProcessChannelTest() : ends(*ProcessChannel::pair()) {}

  void on_message(ProcessChannel::Message message) override { heard.push_back(std::move(message)); }
  void on_closed() override { ++closed; }
  void listen() { receiver.emplace(loop, std::move(ends.second), *this); }

  EventLoop loop;
  std::pair<UniqueFd, UniqueFd> ends;
  std::optional<ProcessChannel> receiver;
  std::vector<ProcessChannel::Message> heard;
  int closed = 0;
};

TEST_F(ProcessChannelTest, KeepsTheBoundsOfMessagesAndTheirDescriptors) {
  listen();
  ProcessChannel sender(loop, std::move(ends.first), *this);
  int pipe[2];
  ASSERT_EQ(0, ::pipe(pipe));
  UniqueFd const reader(pipe[0]);
  ProcessChannel::Message second{.text = "two"};
  second.descriptors.emplace_back(pipe[1]);
  sender.send({.text = "one"});
  sender.send(std::move(second));
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return heard.size() == 2; }));
  EXPECT_EQ("one", heard[0].text);
  EXPECT_TRUE(heard[0].descriptors.empty());
  EXPECT_EQ("two", heard[1].text);
  ASSERT_EQ(1U, heard[1].descriptors.size());
  EXPECT_EQ(1, ::write(heard[1].descriptors[0].get(), "x", 1));
  std::array<char, 2> got{};
  EXPECT_EQ(1, ::read(reader.get(), got.data(), got.size()));
}

TEST_F(ProcessChannelTest, KeepsWhatTheOtherProcessHasNoRoomForInItsOrder) {
  ProcessChannel sender(loop, std::move(ends.first), *this);
  std::string const filling(10'000, 'x');
  for (int i = 0; i < 200; ++i) sender.send({.text = std::to_string(i) + filling});
  listen();
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return heard.size() == 200; }));
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(heard[i].text.starts_with(std::to_string(i) + "x"));
}

TEST_F(ProcessChannelTest, TellsThatTheOtherEndIsClosedAfterItsLastMessage) {
  listen();
  {
    ProcessChannel sender(loop, std::move(ends.first), *this);
    sender.send({.text = "last"});
  }
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return closed == 1; }));
  EXPECT_EQ(1U, heard.size());
  receiver->send({.text = "to nobody"});
  loop.turn(Duration{});
  EXPECT_EQ(1, closed);
}

TEST_F(ProcessChannelTest, HearsTheLastMessageOfAProcessThatDiedWithOthersUnread) {
  listen();
  receiver->send({.text = "never read"});
  ASSERT_EQ(4, ::send(ends.first.get(), "last", 4, 0));
  ends.first.reset();
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return closed == 1; }));
  ASSERT_EQ(1U, heard.size());
  EXPECT_EQ("last", heard[0].text);
}

TEST_F(ProcessChannelTest, ReceivesWithoutALoop) {
  ProcessChannel sender(loop, std::move(ends.first), *this);
  EXPECT_FALSE(ProcessChannel::receive(ends.second.get(), milliseconds(1)));
  sender.send({.text = "here"});
  auto const got = ProcessChannel::receive(ends.second.get(), seconds(60));
  ASSERT_TRUE(got);
  EXPECT_EQ("here", got->text);
}

}  // namespace
}  // namespace gateway::io
