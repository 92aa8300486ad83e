#include "gateway/base/byte_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace gateway {
namespace {

TEST(ByteQueue, GivesItsBytesInTheOrderTheyCame) {
  ByteQueue queue;
  queue.append("hello, ");
  queue.push_back('y');
  queue.append("ou");
  EXPECT_EQ("hello, you", queue.view());
  queue.consume(7);
  EXPECT_EQ("you", queue.view());
  EXPECT_EQ(3U, queue.size());
}

TEST(ByteQueue, HoldsNothingAtFirst) {
  ByteQueue queue;
  queue.append("");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ("", queue.view());
  EXPECT_EQ(0U, queue.capacity());
}

TEST(ByteQueue, TakesWhatIsWrittenInPlace) {
  ByteQueue queue;
  queue.append("ab");
  std::memcpy(queue.extend(100), "cdef", 4);
  queue.commit(2);
  EXPECT_EQ("abcd", queue.view());
}

TEST(ByteQueue, KeepsItsContentThroughAnyMixOfAppendsAndConsumes) {
  ByteQueue queue;
  std::string model;
  unsigned seed = 1;
  for (int i = 0; i < 20'000; ++i) {
    seed = seed * 1103515245 + 12345;
    std::size_t const count = (seed >> 16) % 300;
    if (seed & 0x8000) {
      auto const bytes = std::string(count, static_cast<char>('a' + i % 26));
      queue.append(bytes);
      model += bytes;
    } else {
      auto const taken = std::min(count, model.size());
      queue.consume(taken);
      model.erase(0, taken);
    }
    ASSERT_EQ(model, queue.view());
  }
}

TEST(ByteQueue, GivesALargeBufferBackOnceItIsEmpty) {
  ByteQueue queue;
  queue.append(std::string(1'000'000, 'x'));
  queue.consume(1'000'000);
  EXPECT_EQ(0U, queue.capacity());
}

TEST(ByteQueue, KeepsASmallBufferUntilItIsTold) {
  ByteQueue queue;
  queue.append("x");
  queue.consume(1);
  EXPECT_GT(queue.capacity(), 0U);
  EXPECT_LE(queue.capacity(), ByteQueue::kKeep);
  queue.shrink_when_empty();
  EXPECT_EQ(0U, queue.capacity());
}

TEST(ByteQueue, ShrinksOnlyWhenEmpty) {
  ByteQueue queue;
  queue.append("x");
  queue.shrink_when_empty();
  EXPECT_EQ("x", queue.view());
  queue.reset();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(0U, queue.capacity());
}

/// A steady stream must not grow the buffer for ever.
TEST(ByteQueue, UsesTheRoomAtItsFrontAgain) {
  ByteQueue queue;
  queue.append("xx");
  for (int i = 0; i < 100'000; ++i) {
    queue.append("0123456789");
    queue.consume(10);
  }
  EXPECT_LE(queue.capacity(), ByteQueue::kKeep);
}

}  // namespace
}  // namespace gateway
