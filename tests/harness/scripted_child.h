// Children whose programs are the test itself.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/io/child_process.h"
#include "gateway/io/watch.h"

namespace gateway::harness {

class ScriptedSpawner;

/// A child that hears what it is told and says what the test has it say. Its words and
/// its death reach the gateway in the next turn, in their order, as a real one's do.
class ScriptedChild final : public io::ChildProcess {
 public:
  ScriptedChild(ScriptedSpawner& spawner, std::uint64_t number, io::ChildSpec const& spec, Handler& handler)
      : spawner_(spawner),
        number_(number),
        limit_(spec.max_stdin_queue),
        command_(spec.argv.front()),
        handler_(handler) {}
  ~ScriptedChild() override;

  // io::ChildProcess
  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool accepts_input() const override { return !told_to_stop_ && !deaf_ && queued_ <= limit_; }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_; }
  void stop(io::StopLadder) override { told_to_stop_ = true; }
  void kill() override { told_to_stop_ = killed_ = true; }
  [[nodiscard]] pid_t pid() const override { return static_cast<pid_t>(1000 + number_); }
  [[nodiscard]] std::string entry() const override { return "MCP_GATEWAY_CHILD=test-" + std::to_string(number_); }

  // For the test.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::string const& command() const { return command_; }
  [[nodiscard]] bool told_to_stop() const { return told_to_stop_; }
  [[nodiscard]] bool killed() const { return killed_; }
  /// The lines it was written and the test has not taken yet.
  std::deque<std::string> heard;
  /// Writes a line to its stdout; `say_raw` any bytes.
  void say(std::string_view line);
  void say_raw(std::string_view bytes);
  void complain(std::string_view line);
  void die(int status = 0);
  /// Reads nothing from now on: what it is written stays queued.
  void block() { blocked_ = true; }
  void unblock();
  /// Closes its stdin.
  void go_deaf() { deaf_ = true; }

 private:
  friend class ScriptedSpawner;
  void cut_lines();

  ScriptedSpawner& spawner_;
  std::uint64_t const number_;
  std::size_t const limit_;
  std::string const command_;
  Handler& handler_;
  std::string in_;
  std::size_t queued_ = 0;
  bool told_to_stop_ = false;
  bool killed_ = false;
  bool blocked_ = false;
  bool deaf_ = false;
  bool over_ = false;
};

/// Starts them, and delivers what they do.
class ScriptedSpawner final : public io::Spawner {
 public:
  ScriptedSpawner() = default;
  /// The loop is there only once the shard is.
  void deliver_on(io::EventLoop& loop) {
    timer_.emplace(loop, [this] { deliver(); });
  }
  /// Before the loop is gone.
  void end() { timer_.reset(); }

  [[nodiscard]] Result<std::unique_ptr<io::ChildProcess>> start(io::ChildSpec const& spec,
                                                                io::ChildProcess::Handler& handler) override;

  /// Those that have not died, oldest first.
  [[nodiscard]] std::vector<ScriptedChild*> alive() const;
  [[nodiscard]] ScriptedChild* find(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t started() const { return started_; }
  /// So many starts fail from now on.
  void refuse(std::size_t starts) { refused_ = starts; }

 private:
  friend class ScriptedChild;
  struct Deed {
    enum class Kind { Out, Err, Death } kind;
    std::uint64_t child;
    std::string bytes;
    int status = 0;
  };
  void add(Deed deed);
  void deliver();

  std::optional<io::Timer> timer_;
  std::deque<Deed> deeds_;
  std::map<std::uint64_t, ScriptedChild*> children_;  ///< all that are not destroyed
  std::uint64_t started_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace gateway::harness
