#include "gateway/io/watch.h"

#include <event2/event.h>

#include <new>

namespace gateway::io {

void FreeEvent::operator()(event* ev) const { event_free(ev); }

Watch::Watch(EventLoop& loop, int fd, For what, Listener& listener)
    : listener_(listener),
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
  watch.listener_.on_ready(watch.what_);
}

Timer::Timer(EventLoop& loop, std::function<void()> action)
    : action_(std::move(action)), event_(event_new(loop.base(), -1, 0, &Timer::call, this)) {
  if (!event_) throw std::bad_alloc();
}

void Timer::set(Duration delay) {
  period_ = {};
  arm(delay);
}

void Timer::repeat(Duration period) {
  period_ = period;
  arm(period);
}

void Timer::cancel() {
  period_ = {};
  event_del(event_.get());
}

void Timer::arm(Duration delay) {
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
  timeval after{};
  after.tv_sec = static_cast<time_t>(us / 1'000'000);
  after.tv_usec = static_cast<suseconds_t>(us % 1'000'000);
  event_add(event_.get(), &after);
}

void Timer::call(int, short, void* self) {
  auto& timer = *static_cast<Timer*>(self);
  if (timer.period_ > Duration{}) timer.arm(timer.period_);
  timer.action_();
}

}  // namespace gateway::io
