// When the loop flushes what was written to.
#include "gateway/io/event_loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace gateway::io {
namespace {

class FlushedStream final : public Flushable {
 public:
  void flush() override { ++flushes; }

  int flushes = 0;
};

TEST(EventLoop, FlushesAFewStreamsOnlyAtTheEndOfTheTurn) {
  EventLoop loop;
  std::vector<FlushedStream> streams(EventLoop::kMany - 1);
  for (auto& stream : streams) loop.flush_later(stream);
  loop.flush_if_many();
  EXPECT_EQ(0, streams.front().flushes);
  loop.turn({});
  for (auto const& stream : streams) EXPECT_EQ(1, stream.flushes);
}

TEST(EventLoop, FlushesManyStreamsBeforeTheEndOfTheTurn) {
  EventLoop loop;
  std::vector<FlushedStream> streams(EventLoop::kMany);
  for (auto& stream : streams) loop.flush_later(stream);
  loop.flush_if_many();
  for (auto const& stream : streams) EXPECT_EQ(1, stream.flushes);
  loop.turn({});
  EXPECT_EQ(1, streams.front().flushes);
}

TEST(EventLoop, FlushesAgainWhatIsWrittenToAfterAFlushWithinTheTurn) {
  EventLoop loop;
  std::vector<FlushedStream> streams(EventLoop::kMany);
  for (auto& stream : streams) loop.flush_later(stream);
  loop.flush_if_many();
  loop.flush_later(streams.front());
  loop.turn({});
  EXPECT_EQ(2, streams.front().flushes);
  EXPECT_EQ(1, streams.back().flushes);
}

}  // namespace
}  // namespace gateway::io
