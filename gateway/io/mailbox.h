// Hands work from other threads to a loop.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "gateway/io/event_loop.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Letters to one loop. `post` may be called from any thread; everything else of a
/// loop only from its own. Owned by whoever owns the loop.
class Mailbox final : private Watch::Listener {
 public:
  explicit Mailbox(EventLoop& loop);
  ~Mailbox();
  Mailbox(Mailbox const&) = delete;
  Mailbox& operator=(Mailbox const&) = delete;

  /// The loop calls `letter` in one of its next turns, once. Letters of one thread
  /// are called in their order. One that is never called, because its loop has ended,
  /// is destroyed with the mailbox.
  template <typename Action>
  void post(Action letter) {
    put(std::make_unique<LetterOf<Action>>(std::move(letter)));
  }

 private:
  // Not std::function: a letter may hold a socket, which is not copied.
  struct Letter {
    virtual ~Letter() = default;
    virtual void open() = 0;
  };
  template <typename Action>
  struct LetterOf final : Letter {
    explicit LetterOf(Action its_action) : action(std::move(its_action)) {}
    void open() override { action(); }
    Action action;
  };

  void put(std::unique_ptr<Letter> letter);
  void on_ready(Watch::For what) override;

  UniqueFd bell_;
  Watch watch_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Letter>> letters_;  ///< under mutex_
};

}  // namespace gateway::io
