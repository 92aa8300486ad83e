#include "gateway/log/thread.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/log/line_sink.h"

namespace gateway::log {
namespace {

/// A thread that writes to a descriptor.
struct Descriptor final : LogThread {
  explicit Descriptor(int fd) : LogThread(make_descriptor_sink(fd)) {}
  [[nodiscard]] std::size_t dropped() const { return state().dropped; }
};

/// Adds the lines of a text.
void add(LogPiece& piece, std::string_view text, config::LogLevel level = config::LogLevel::Info) {
  while (!text.empty()) {
    auto const line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    piece.bytes.append(line);
    piece.marks.push_back({.size = static_cast<std::uint32_t>(line.size()), .level = level});
    text.remove_prefix(line.size());
  }
}

void write(LogThread& thread, std::string_view text, config::LogLevel level = config::LogLevel::Info) {
  LogPiece piece;
  add(piece, text, level);
  thread.write(piece);
  EXPECT_TRUE(piece.bytes.empty());
  EXPECT_TRUE(piece.marks.empty());
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
    Descriptor sink(pipe.ends[1]);
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
    Descriptor sink(::fileno(file.get()));
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
  constexpr std::size_t kLine = 100 * 1024;
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += std::string(kLine, 'x') + "\n";
  constexpr std::size_t kPieces = 32;
  {
    Descriptor sink(pipe.ends[1]);
    for (std::size_t i = 0; i < kPieces; ++i) write(sink, lines);
    // What waits is bounded; one piece may be on its way already.
    EXPECT_GE(sink.dropped(), 10 * (kPieces - LogThread::kMaxQueued / lines.size() - 2));
    EXPECT_LT(sink.dropped(), 10 * kPieces);
    EXPECT_NE("", sink.state().trouble);
  }
}

TEST(LogThread, GoesOnWhenAReaderComesBack) {
  Pipe pipe;
  std::string const line(512 * 1024, 'x');
  std::string read;
  {
    Descriptor sink(pipe.ends[1]);
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
  Descriptor sink(closed);
  write(sink, "a\nb\n");
  while (sink.dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(2U, sink.dropped());
}

TEST(LogThread, CountsWhatADiskThatIsFullCannotTakeAndGoesOn) {
  auto const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    Descriptor sink(full);
    for (std::size_t i = 1; i <= 100; ++i) {
      write(sink, "a\nb\n");
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
    Descriptor sink(::fileno(file.get()));
    {
      FullDisk const disk(10);  // no expectation in here: what it prints may go to a file
      LogPiece piece;
      add(piece, "first\nsecond\nthird\n");
      sink.write(piece);
      while (sink.dropped() < 2) std::this_thread::yield();
      add(piece, "fourth\n");
      sink.write(piece);
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

TEST(LogThread, WritesOnlyWhatItsFilterTakes) {
  Pipe pipe;
  {
    LogThread sink(make_descriptor_sink(pipe.ends[1]), {.level = config::LogLevel::Warn, .is_watched = false});
    LogPiece piece;
    add(piece, "a\n");
    add(piece, "b\n", config::LogLevel::Error);
    add(piece, "c\n");
    add(piece, "audit\n");
    piece.marks.back().kind = LineKind::Audit;
    add(piece, "people\n", config::LogLevel::Error);
    piece.marks.back().kind = LineKind::ForPeople;
    add(piece, "d\ne\n", config::LogLevel::Warn);
    EXPECT_TRUE(sink.takes_any(piece));
    sink.write_copy(piece);
    EXPECT_EQ(7U, piece.marks.size());
    sink.write(piece);
    add(piece, "f\n");
    EXPECT_FALSE(sink.takes_any(piece));
  }
  EXPECT_EQ("b\naudit\nd\ne\nb\naudit\nd\ne\n", pipe.read_all());
}

TEST(LogThread, FollowsTheLevelOfTheLogWithoutOneOfItsOwn) {
  LineFilter const filter;
  EXPECT_TRUE(filter.takes({.level = config::LogLevel::Debug, .at_level = true}));
  EXPECT_FALSE(filter.takes({.level = config::LogLevel::Error, .at_level = false}));
}

}  // namespace
}  // namespace gateway::log
