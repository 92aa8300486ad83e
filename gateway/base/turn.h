// What waits for the end of a turn: deeds and deaths for which nobody may be on
// the call stack.
#pragma once

#include <memory>

namespace gateway {

/// Anything that may be on the call stack when it ends, and so is destroyed at
/// the end of the turn instead.
class Mortal {
 public:
  virtual ~Mortal() = default;
};

/// Something to be done in this turn, but not while anybody is on the call stack:
/// the next request of a connection, the end of a session that is being answered.
class Deferred {
 public:
  Deferred() = default;
  Deferred(Deferred const&) = delete;
  Deferred& operator=(Deferred const&) = delete;
  virtual ~Deferred() = default;
  virtual void run_deferred() = 0;

 private:
  friend class Turn;
  bool waiting_ = false;
};

/// The turn that is under way. Implemented by the loop.
class Turn {
 public:
  Turn(Turn const&) = delete;
  Turn& operator=(Turn const&) = delete;
  virtual ~Turn() = default;

  /// Calls `deed.run_deferred()` in this turn, after the callbacks: once, however
  /// often it is called.
  void defer(Deferred& deed) {
    if (deed.waiting_) return;
    deed.waiting_ = true;
    do_defer(deed);
  }
  /// Must be called by a Deferred that dies before it has run.
  void forget(Deferred& deed) {
    if (!deed.waiting_) return;
    deed.waiting_ = false;
    do_forget(deed);
  }
  /// Destroys `dead` at the end of this turn.
  virtual void bury(std::unique_ptr<Mortal> dead) = 0;

 protected:
  Turn() = default;
  static void run(Deferred& deed) {
    deed.waiting_ = false;
    deed.run_deferred();
  }

 private:
  virtual void do_defer(Deferred& deed) = 0;
  virtual void do_forget(Deferred& deed) = 0;
};

}  // namespace gateway
