#include "gateway/io/watch.h"

#include <event2/event.h>

#include <new>

namespace gateway::io {

void FreeEvent::operator()(event* ev) const { event_free(ev); }

Watch::Watch(EventLoop& loop, int fd, For what, Listener& listener)
    : loop_(loop),
      listener_(listener),
      what_(what),
      event_(event_new(loop.base(), fd, static_cast<short>((what == For::Read ? EV_READ : EV_WRITE) | EV_PERSIST),
                       &Watch::call, this)) {
  if (!event_) throw std::bad_alloc();
}

void Watch::start() {
  if (active_) return;
  active_ = event_add(event_.get(), nullptr) == 0;
}

void Watch::stop() {
  if (!active_) return;
  event_del(event_.get());
  active_ = false;
}

void Watch::call(int, short, void* self) {
  auto& watch = *static_cast<Watch*>(self);
  auto& loop = watch.loop_;  // the watch may end in its callback
  watch.listener_.on_ready(watch.what_);
  loop.flush_if_many();
}

void Timer::set(Duration delay) {
  period_ = {};
  loop_.arm(*this, loop_.now() + delay);
}

void Timer::repeat(Duration period) {
  period_ = period;
  loop_.arm(*this, loop_.now() + period);
}

void Timer::cancel() {
  period_ = {};
  loop_.disarm(*this);
}

void Timer::fire() {
  if (period_ > Duration{}) loop_.arm(*this, loop_.now() + period_);
  action_();
}

}  // namespace gateway::io
