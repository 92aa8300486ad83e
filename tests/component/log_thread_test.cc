#include "gateway/log/thread.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gateway::log {
namespace {

void write(LogThread& sink, std::string_view line, std::size_t lines = 1) {
  auto piece = LogThread::new_piece();
  piece.append(line);
  sink.write(piece, lines);
  EXPECT_TRUE(piece.empty());
}

struct Pipe {
  Pipe() { EXPECT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC)); }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_writer();
    std::string all;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = ::read(ends[0], block.data(), block.size())) > 0;) all.append(block.data(), got);
    return all;
  }
  std::array<int, 2> ends{};
};

TEST(LogThread, WritesWhatItWasGivenBeforeItEnds) {
  Pipe pipe;
  {
    LogThread sink(pipe.ends[1]);
    write(sink, "one\n");
    write(sink, "two\n");
  }
  EXPECT_EQ("one\ntwo\n", pipe.read_all());
}

TEST(LogThread, KeepsTheOrderOfEachThread) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::tmpfile(), std::fclose);
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  {
    LogThread sink(::fileno(file.get()));
    std::vector<std::thread> writers;
    for (int thread = 0; thread < kThreads; ++thread) {
      writers.emplace_back([&sink, thread] {
        for (int i = 0; i < kLines; ++i) write(sink, std::to_string(thread) + " " + std::to_string(i) + "\n");
      });
    }
    for (auto& writer : writers) writer.join();
  }
  std::rewind(file.get());
  std::array<int, kThreads> next{};
  int thread = 0;
  int number = 0;
  while (std::fscanf(file.get(), "%d %d", &thread, &number) == 2) {
    EXPECT_EQ(next[static_cast<std::size_t>(thread)]++, number);
  }
  for (auto const count : next) EXPECT_EQ(kLines, count);
}

TEST(LogThread, CountsTheLinesItDropsAndDoesNotWaitWhereNobodyReads) {
  Pipe pipe;
  std::string const line(1024 * 1024, 'x');
  constexpr std::size_t kPieces = 32;
  {
    LogThread sink(pipe.ends[1]);
    for (std::size_t i = 0; i < kPieces; ++i) write(sink, line, 10);
    // What waits is bounded; one piece may be on its way already.
    EXPECT_GE(sink.dropped(), 10 * (kPieces - LogThread::kMaxWaiting / line.size() - 2));
    EXPECT_LT(sink.dropped(), 10 * kPieces);
  }
}

TEST(LogThread, GoesOnWhenAReaderComesBack) {
  Pipe pipe;
  std::string const line(512 * 1024, 'x');
  std::string read;
  {
    LogThread sink(pipe.ends[1]);
    write(sink, line);
    std::array<char, 65536> block{};
    while (read.size() < line.size()) {
      auto const got = ::read(pipe.ends[0], block.data(), block.size());
      ASSERT_GT(got, 0);
      read.append(block.data(), static_cast<std::size_t>(got));
    }
    EXPECT_EQ(0U, sink.dropped());
  }
  EXPECT_EQ(line, read);
}

TEST(LogThread, CountsWhatADescriptorThatIsClosedCannotTake) {
  auto const closed = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::close(closed);
  LogThread sink(closed);
  write(sink, "a\nb\n", 2);
  while (sink.dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(2U, sink.dropped());
}

TEST(LogThread, CountsWhatADiskThatIsFullCannotTakeAndGoesOn) {
  auto const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    LogThread sink(full);
    for (std::size_t i = 1; i <= 100; ++i) {
      write(sink, "a\nb\n", 2);
      while (sink.dropped() < 2 * i) std::this_thread::yield();
    }
    EXPECT_EQ(200U, sink.dropped());
  }
  ::close(full);
}

/// Files of this process can grow no further while one lives, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const small{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(FullDisk const&) = delete;
  FullDisk& operator=(FullDisk const&) = delete;

 private:
  rlimit before_{};
};

TEST(LogThread, EndsTheLineThatAFullDiskCutBeforeItWritesTheNext) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::tmpfile(), std::fclose);
  std::size_t dropped = 0;
  {
    LogThread sink(::fileno(file.get()));
    {
      FullDisk const disk(10);  // no expectation in here: what it prints may go to a file
      auto piece = LogThread::new_piece();
      piece.append("first\nsecond\nthird\n");
      sink.write(piece, 3);
      while (sink.dropped() < 2) std::this_thread::yield();
      piece.append("fourth\n");
      sink.write(piece, 1);
      while (sink.dropped() < 3) std::this_thread::yield();
    }
    write(sink, "fifth\n");
    dropped = sink.dropped();
  }
  std::rewind(file.get());
  std::array<char, 100> text{};
  EXPECT_EQ("first\nseco\nfifth\n", std::string(text.data(), std::fread(text.data(), 1, text.size(), file.get())));
  EXPECT_EQ(3U, dropped);
}

}  // namespace
}  // namespace gateway::log
