// The process that is to replace this one: started, watched, and let in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/http/mover.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/process_channel.h"
#include "gateway/io/successor.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"
#include "gateway/upgrade_message.h"

namespace gateway {

/// One attempt. Lives on the first loop, owned by the Gateway, which destroys it with the loop's tick once it is over.
class Upgrade final : private io::ProcessChannel::Handler, private io::Watch::Listener {
 public:
  /// The program around it. None of these destroys the upgrade.
  class Owner {
   public:
    /// The next process serves: this one has had its last new session.
    virtual void on_next_serves() = 0;
    /// The next process is not there, or does not get ready: this one goes on as if nothing had been.
    virtual void on_upgrade_failed(std::string const& why) = 0;
    /// The next process served, and is gone: this one is the only one again.
    virtual void on_next_gone() = 0;
    virtual void on_passed(http::MovedConnection connection, std::string const& listener) = 0;
    virtual void on_keep(Keep const& keep) = 0;
    virtual void on_end_sessions() = 0;
    /// After `tell_leaving`: nothing more is passed here.
    virtual void on_known_to_leave() = 0;

   protected:
    ~Owner() = default;
  };

  /// What the next process is given.
  struct Terms {
    io::ProgramStart start;
    std::vector<std::string> env;  ///< further entries of its environment
    Begin begin;
    std::vector<std::string> works_now;  ///< the services that have to work in it, where it has them
    Duration patience;                   ///< until it serves
  };
  /// A socket that listens.
  struct Offered {
    std::string name;
    io::UniqueFd socket;  ///< a copy
  };

  Upgrade(io::EventLoop& loop, Owner& owner);

  /// Once. The error is a sentence; the upgrade is over then.
  Status begin(Terms terms, std::vector<Offered> listeners);

  /// Only while the next process serves.
  void pass(http::MovedConnection connection, std::string listener);
  /// This process is about to end; only while the next one serves.
  void tell_leaving() { say(Leaving{}); }
  [[nodiscard]] bool serves() const { return state_ == State::Served; }

  /// Ends a process that does not serve yet.
  void abandon();

  /// The next process has ended, or was never there.
  [[nodiscard]] bool is_over() const { return state_ == State::Over; }
  [[nodiscard]] int pid() const { return process_.pid; }

 private:
  enum class State {
    Starting,  ///< it gets ready
    Asked,     ///< to serve
    Late,      ///< it was asked, and has not answered in time: it ends, unless it has just begun to serve
    Served,    ///< it serves
    Ending,    ///< it failed, and is being ended
    Over,
  };

  // io::Watch::Listener, of its process
  void on_ready(io::Watch::For what) override;
  // io::ProcessChannel::Handler
  void on_message(io::ProcessChannel::Message message) override;
  void on_closed() override;

  void heard(Starting part);
  void fail(std::string const& why);
  void say(UpgradeMessage const& message);
  void too_late();
  [[nodiscard]] std::string why_late() const;

  io::EventLoop& loop_;
  Owner& owner_;
  State state_ = State::Starting;
  io::Successor process_;
  std::optional<io::ProcessChannel> channel_;
  std::optional<io::Watch> process_watch_;
  std::vector<std::string> works_now_;
  Starting heard_;           ///< parts of it
  std::string last_reason_;  ///< what it waits for, as it last said
  io::Timer limit_;
};

}  // namespace gateway
