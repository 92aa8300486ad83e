// The signals the program answers to, as callbacks of the loop.
#pragma once

#include <memory>

#include "gateway/io/event_loop.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Owned by the program's root. While it lives, SIGTERM and SIGINT ask the program to end, SIGHUP to read its
/// configuration again, SIGUSR1 to reopen its log files, and SIGUSR2 to be replaced by a new program; after it they are ignored, since the program is ending.
/// From its construction on, for good, two signals are ignored, so that the writer gets an error instead: SIGPIPE (the
/// reader of a pipe is gone) and SIGXFSZ (a file may not grow further).
class Signals {
 public:
  class Handler {
   public:
    virtual void on_terminate() = 0;
    virtual void on_reload() = 0;
    virtual void on_reopen() = 0;
    virtual void on_upgrade() = 0;

   protected:
    ~Handler() = default;
  };

  Signals(EventLoop& loop, Handler& handler);
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;

 private:
  using Event = std::unique_ptr<event, FreeEvent>;
  Event watch(EventLoop& loop, int signal);
  static void call(int signal, short what, void* self);

  Handler& handler_;
  Event term_;
  Event interrupt_;
  Event hangup_;
  Event user1_;
  Event user2_;
};

}  // namespace gateway::io
