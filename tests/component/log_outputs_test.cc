// The outputs of the log together, with real files and sockets.
#include "gateway/log/outputs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/log/log.h"

namespace gateway::log {
namespace {

using config::LogLevel;
using Kind = config::LogOutputKind;

class LogOutputsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(nullptr, ::mkdtemp(folder_.data())); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] config::LogOutput file(std::string_view name, std::optional<LogLevel> level = {}) const {
    return {.kind = Kind::File, .level = level, .format = config::LogFormat::Text, .path = path(name)};
  }

 private:
  std::string folder_ = (std::filesystem::temp_directory_path() / "log-outputs-XXXXXX").string();
};

/// The events in a log that is text.
std::vector<std::string> events(std::string const& text) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    constexpr std::size_t kBeforeEvent = sizeof("2025-01-01T00:00:00.000000Z info  ") - 1;
    auto const event = text.substr(begin + kBeforeEvent);
    found.push_back(event.substr(0, event.find(' ')));
  }
  return found;
}

/// A datagram socket with a receiver that may not read.
class Receiver {
 public:
  explicit Receiver(std::string const& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(0, ::bind(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address));
  }
  ~Receiver() { ::close(fd_); }
  Receiver(Receiver const&) = delete;
  Receiver& operator=(Receiver const&) = delete;

  [[nodiscard]] std::string next() const {
    std::array<char, 64 * 1024> block{};
    auto const got = ::recv(fd_, block.data(), block.size(), 0);
    return {block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

 private:
  int fd_;
};

TEST_F(LogOutputsTest, GiveEachOutputTheLinesOfItsLevelInOrder) {
  config::LogConfig const config{
      .level = LogLevel::Info,
      .audit = true,
      .outputs = {file("usual"), file("debug", LogLevel::Debug), file("error", LogLevel::Error)}};
  {
    LogOutputs outputs(config);
    ASSERT_TRUE(outputs.opened());
    Log log(config, {}, outputs);
    log.debug("a.debug", "m");
    log.record<"a.record", "m">(member<"n">(1));
    log.error("an.error", "m");
    log.audit("audit.call", "m", {});
    log.set_level(LogLevel::Warn);
    log.info("an.info", "m");
    log.warn("a.warn", "m");
  }
  using Events = std::vector<std::string>;
  EXPECT_EQ((Events{"a.record", "an.error", "audit.call", "a.warn"}), events(read("usual")));
  EXPECT_EQ((Events{"a.debug", "a.record", "an.error", "audit.call", "an.info", "a.warn"}), events(read("debug")));
  EXPECT_EQ((Events{"an.error", "audit.call"}), events(read("error")));
}

TEST_F(LogOutputsTest, KeepTheOrderOfEachLoopInEveryOutput) {
  config::LogConfig const config{.outputs = {file("one"), file("two")}};
  constexpr int kLines = 2000;
  {
    LogOutputs outputs(config);
    std::vector<std::thread> loops;
    for (int loop = 0; loop < 3; ++loop) {
      loops.emplace_back([&] {
        Log log(config, {}, outputs);
        for (int i = 0; i < kLines; ++i) {
          log.info("n." + std::to_string(i), "m");
          log.end_turn(TimePoint{});
        }
      });
    }
    outputs.reopen();
    for (auto& loop : loops) loop.join();
  }
  for (auto const* const name : {"one", "two"}) {
    std::vector<int> next(3);
    for (auto const& event : events(read(name))) {
      auto const found = std::find(next.begin(), next.end(), std::stoi(event.substr(2)));
      ASSERT_NE(next.end(), found) << event;
      ++*found;
    }
    EXPECT_EQ(std::vector<int>(3, kLines), next);
  }
}

TEST_F(LogOutputsTest, ReopenAFileThatWasMovedAway) {
  config::LogConfig const config{.outputs = {file("log")}};
  {
    LogOutputs outputs(config);
    Log log(config, {}, outputs);
    log.info("before", "m");
    log.flush();
    while (events(read("log")).empty()) std::this_thread::yield();
    std::filesystem::rename(path("log"), path("moved"));
    outputs.reopen();
    log.info("after", "m");
  }
  EXPECT_EQ(std::vector<std::string>{"before"}, events(read("moved")));
  EXPECT_EQ(std::vector<std::string>{"after"}, events(read("log")));
}

TEST_F(LogOutputsTest, SayWhyAFileCannotBeOpened) {
  auto const why = [](config::LogOutput const& output) {
    LogOutputs const outputs({.outputs = {output}});
    return outputs.opened() ? std::string() : outputs.opened().error().what;
  };
  EXPECT_EQ("gateway.log.outputs[0]: expected a file, found a directory at " + path("."), why(file(".")));
  EXPECT_EQ(std::string(), why(file("x")));
  EXPECT_NE(std::string::npos, why(file("x/y")).find("Not a directory"));
}

TEST_F(LogOutputsTest, SendSyslogAndTheJournalDatagrams) {
  Receiver const syslog(path("syslog"));
  Receiver const journal(path("journal"));
  config::LogConfig const config{
      .outputs = {{.kind = Kind::Syslog, .path = path("syslog")}, {.kind = Kind::Journal, .path = path("journal")}}};
  LogOutputs outputs(config);
  {
    Log log(config, {}, outputs);
    log.warn("an.event", "a\nmessage", {{"child.pid", 7}, {"two", "one\ntwo"}});
  }
  auto const line = syslog.next();
  EXPECT_EQ("<28>", line.substr(0, 4));
  EXPECT_EQ("]: an.event: a message  child.pid=7  two=\"one\\ntwo\"", line.substr(line.find("]:")));
  EXPECT_EQ(std::string("PRIORITY=4\nSYSLOG_IDENTIFIER=mcp-gateway\nMCP_EVENT=an.event\nMCP_CHILD_PID=7\nMCP_TWO\n") +
                std::string("\7\0\0\0\0\0\0\0one\ntwo\n", 16) +
                "MESSAGE=an.event: a message  child.pid=7  two=\"one\\ntwo\"\n",
            journal.next());
}

TEST_F(LogOutputsTest, CountWhatADaemonThatIsGoneCannotTake) {
  config::LogConfig const config{.outputs = {{.kind = Kind::Syslog, .path = path("syslog")}}};
  LogOutputs outputs(config);
  Log log(config, {}, outputs);
  log.info("a", "m");
  log.info("b", "m");
  log.flush();
  while (outputs.states()[0].dropped < 2) std::this_thread::yield();
  EXPECT_NE(std::string::npos, outputs.states()[0].trouble.find("No such file"));
  Receiver const syslog(path("syslog"));
  log.info("c", "m");
  log.flush();
  EXPECT_NE(std::string::npos, syslog.next().find("]: c: m"));
  while (!outputs.states()[0].trouble.empty()) std::this_thread::yield();
  EXPECT_EQ(2U, outputs.states()[0].dropped);
}

TEST_F(LogOutputsTest, EndWithoutADaemonThatDoesNotRead) {
  Receiver const syslog(path("syslog"));
  config::LogConfig const config{.outputs = {{.kind = Kind::Syslog, .path = path("syslog")}}};
  LogOutputs outputs(config);
  Log log(config, {}, outputs);
  for (int i = 0; i < 5000; ++i) log.info("a", "m");
}

}  // namespace
}  // namespace gateway::log
