// The process that this one replaces.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/generation.h"
#include "gateway/base/result.h"
#include "gateway/http/mover.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/process_channel.h"
#include "gateway/io/unique_fd.h"
#include "gateway/upgrade_message.h"

namespace gateway {

/// A socket of the former process that listens.
struct InheritedListener {
  std::string name{};
  io::UniqueFd socket{};
};

/// What the former process gave to this one.
struct Inheritance {
  io::UniqueFd channel{};
  std::vector<InheritedListener> listeners{};
  Begin begin{};
};

/// Waits for all of it, before there is a loop. The error is a sentence.
[[nodiscard]] Result<Inheritance> receive_inheritance(io::UniqueFd channel);

/// Has the former process told why this one does not start.
void decline(io::UniqueFd const& channel, std::string why);

/// From the first word of this process to the end of the former one. Lives on the first loop, owned by the Gateway.
class Takeover final : private io::ProcessChannel::Handler {
 public:
  /// The program around it. None of these destroys the takeover.
  class Owner {
   public:
    /// The listeners are to be opened, as the former process says, or because it has died.
    virtual void on_told_to_serve() = 0;
    /// The former process goes on without this one.
    virtual void on_abandoned() = 0;
    /// The former process is about to end: nothing is to be passed to it any more. `tell_knows` follows.
    virtual void on_former_leaves() = 0;
    /// The former process, whose clients this one has, has ended.
    virtual void on_former_gone() = 0;
    virtual void on_passed(http::MovedConnection connection, std::string const& listener) = 0;

   protected:
    ~Owner() = default;
  };

  Takeover(io::EventLoop& loop, io::UniqueFd channel, Owner& owner);

  /// Whether the listeners are still those of the former process.
  [[nodiscard]] bool waits() const { return state_ == State::Waiting; }
  /// Whether it has sessions still, or may have.
  [[nodiscard]] bool lives_on() const { return state_ == State::Serving; }
  [[nodiscard]] bool is_over() const { return state_ == State::Over; }

  void tell(Starting const& starting);
  /// After `on_told_to_serve`.
  void tell_serving();
  void pass(http::MovedConnection connection, std::string listener);
  void tell_keep(Keep const& keep);
  /// After `on_former_leaves`, once nothing more is passed.
  void tell_knows();
  /// The former process is to end its sessions.
  void tell_end_sessions();

 private:
  enum class State { Waiting, Serving, Over };

  // io::ProcessChannel::Handler
  void on_message(io::ProcessChannel::Message message) override;
  void on_closed() override;

  void say(UpgradeMessage const& message);

  Owner& owner_;
  State state_ = State::Waiting;
  bool abandoned_ = false;
  io::ProcessChannel channel_;
};

}  // namespace gateway
