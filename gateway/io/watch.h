// A descriptor under watch, and a timer. Destroying one ends its callbacks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/io/event_loop.h"

struct event;

namespace gateway::io {

struct FreeEvent {
  void operator()(event* ev) const;
};

/// Notifies its listener whenever `fd` is readable or writable. The descriptor
/// must outlive the watch.
class Watch {
 public:
  enum class For { Read, Write };
  class Listener {
   public:
    virtual void on_ready(For what) = 0;

   protected:
    ~Listener() = default;
  };

  Watch(EventLoop& loop, int fd, For what, Listener& listener);
  Watch(Watch const&) = delete;
  Watch& operator=(Watch const&) = delete;

  void start();
  void stop();
  [[nodiscard]] bool active() const { return active_; }

 private:
  static void call(int fd, short what, void* self);

  EventLoop& loop_;
  Listener& listener_;
  For what_;
  bool active_ = false;
  std::unique_ptr<event, FreeEvent> event_;
};

/// Calls `action` once after a delay, or periodically. For rare things only: deadlines of
/// calls and connections are kept in an ordered list that one timer walks.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> action) : loop_(loop), action_(std::move(action)) {}
  ~Timer() { loop_.disarm(*this); }
  Timer(Timer const&) = delete;
  Timer& operator=(Timer const&) = delete;

  /// Fires once after `delay`, in another turn than this. A timer that is already set
  /// is replaced.
  void set(Duration delay);
  /// Fires every `period` until cancelled.
  void repeat(Duration period);
  void cancel();

 private:
  friend class EventLoop;
  void fire();

  EventLoop& loop_;
  std::function<void()> action_;
  Duration period_{};
  std::optional<EventLoop::TimerPlace> armed_;  ///< its place among the loop's, while it is set
};

}  // namespace gateway::io
