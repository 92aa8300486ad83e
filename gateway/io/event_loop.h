// The event loop of a thread: wait, run what is ready, flush what was written, destroy what was buried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/turn.h"

struct event;
struct event_base;

namespace gateway::io {

class Timer;

/// Something whose collected output is sent once, at the end of the turn.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;

 private:
  friend class EventLoop;
  bool dirty_ = false;
};

/// The loop of one thread. A turn runs in this order, which callers rely on:
///   1. wait until a descriptor or timer is ready,
///   2. run the callbacks of all that are ready (reads, writes, exits), then the
///      timers that were due when it began,
///   3. run what was deferred, with no callback on the stack,
///   4. flush every stream that was written to, in the order of their first write:
///      one write a stream a turn, unless so many are written to that some are
///      flushed between two callbacks,
///   5. run the end-of-turn hook (which hands over the log lines of the turn at once),
///   6. destroy what was buried.
/// What is deferred, dirtied or buried by one of these is still done in the same turn.
/// Owned by the program's root, and destroyed after everything that uses it. It destroys what
/// is still buried, so whatever those objects report to must outlive the loop.
class EventLoop final : public Clock, public Turn {
 public:
  /// Time comes from `clock`, or from the system if it is null. With a clock of its own the
  /// loop never waits: whoever moves the clock runs its turns.
  explicit EventLoop(Clock const* clock = nullptr);
  ~EventLoop() override;

  /// Runs turns until `stop`.
  void run();
  /// Runs one turn, waiting at most `wait` for something to happen.
  static constexpr Duration kNoLimit = Duration::max();
  void turn(Duration wait);
  void stop() { stopped_ = true; }

  /// How long the thread polls before it sleeps. On an idle machine a sleeping thread is
  /// woken tens of microseconds late; polling spends CPU instead. Off at 0, the default.
  void set_busy_poll(Duration before_sleep) { busy_poll_ = before_sleep; }

  /// The time at which this turn's callbacks began. Constant within a turn.
  [[nodiscard]] TimePoint now() const override;

  /// The clock itself, for measuring what a turn takes.
  [[nodiscard]] TimePoint right_now() const;

  /// Flushes `stream` at the end of this turn (once, however often it is called).
  void flush_later(Flushable& stream);
  /// Flushes what was written to so far if that is many streams: their memory is still in the CPU's cache, and
  /// who reads them need not wait for the rest of a long turn. Only where nobody else is on the stack.
  void flush_if_many();
  static constexpr std::size_t kMany = 32;
  /// Must be called by a Flushable that dies before its flush.
  void forget(Flushable& stream);
  using Turn::forget;

  void bury(std::unique_ptr<Mortal> dead) override;

  /// Runs at the end of every turn, after the flushes.
  void set_end_of_turn(std::function<void()> hook) { end_of_turn_ = std::move(hook); }

  struct Armed {
    Timer* timer;
    std::uint64_t in_turn;  ///< when it was set
  };
  using TimerPlace = std::multimap<TimePoint, Armed>::iterator;

  /// When the next timer is due; nothing when none is set.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// For the handle types of this layer only.
  [[nodiscard]] event_base* base() { return base_.get(); }
  void arm(Timer& timer, TimePoint due);
  void disarm(Timer& timer);

  /// For bytes that are processed as soon as they are read: one buffer for all
  /// streams, so that an idle stream holds none.
  static constexpr std::size_t kScratchBytes = 256 * 1024;
  [[nodiscard]] char* scratch() { return scratch_.get(); }

 private:
  bool serve(int flags, TimePoint latest);
  void set_alarm(TimePoint latest);
  static void on_alarm(int, short, void* self);
  void fire_timers();
  [[nodiscard]] bool poll();
  void do_defer(Deferred& deed) override { deferred_.push_back(&deed); }
  void do_forget(Deferred& deed) override;
  void run_deferred();
  void flush_dirty();
  void settle();

  struct FreeBase {
    void operator()(event_base* base) const;
  };
  struct FreeAlarm {
    void operator()(event* alarm) const;
  };
  Clock const* clock_;
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<event, FreeAlarm> alarm_;  ///< wakes the loop when the first timer is due
  std::optional<TimePoint> alarm_at_;        ///< while it is set
  bool alarm_rang_ = false;
  std::multimap<TimePoint, Armed> timers_;  ///< by when they are due
  std::vector<Timer*> firing_;
  std::uint64_t turns_ = 0;
  std::unique_ptr<char[]> scratch_;
  std::vector<Deferred*> deferred_;
  std::vector<Flushable*> dirty_;
  std::vector<std::unique_ptr<Mortal>> graveyard_;
  std::function<void()> end_of_turn_;
  mutable std::optional<TimePoint> now_;
  Duration busy_poll_{};
  bool stopped_ = false;
};

}  // namespace gateway::io
