#include "gateway/io/event_loop.h"

#include <event2/event.h>

#include <algorithm>
#include <new>
#include <utility>

#include "gateway/io/watch.h"

namespace gateway::io {

namespace {

std::unique_ptr<event_config, void (*)(event_config*)> loop_config() {
  std::unique_ptr<event_config, void (*)(event_config*)> config(event_config_new(), event_config_free);
  if (!config) throw std::bad_alloc();
  // One thread owns the base, so its locks would protect nothing.
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK);
  return config;
}

}  // namespace

void EventLoop::FreeBase::operator()(event_base* base) const { event_base_free(base); }
void EventLoop::FreeAlarm::operator()(event* alarm) const { event_free(alarm); }

EventLoop::EventLoop(Clock const* clock)
    : clock_(clock),
      base_(event_base_new_with_config(loop_config().get())),
      alarm_(base_ ? event_new(base_.get(), -1, 0, &EventLoop::on_alarm, this) : nullptr),
      scratch_(new char[kScratchBytes]) {
  if (!base_ || !alarm_) throw std::bad_alloc();
}

EventLoop::~EventLoop() {
  // What dies may bury its own parts.
  while (!graveyard_.empty()) {
    auto dead = std::move(graveyard_);
    graveyard_.clear();
  }
}

TimePoint EventLoop::right_now() const {
  return clock_ != nullptr ? clock_->now() : std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

TimePoint EventLoop::now() const {
  if (!now_) now_ = right_now();
  return *now_;
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) turn(kNoLimit);
}

void EventLoop::turn(Duration wait) {
  // What was written before the first turn must not wait for something to happen.
  settle();
  if (busy_poll_ != Duration{} && poll()) return;
  serve(EVLOOP_ONCE, wait == kNoLimit ? TimePoint::max() : right_now() + wait);
}

/// Waits as `flags` say, until `latest` at most, and serves what is ready. Whether there
/// was something, as far as can be seen: hardly a callback neither asks for the time nor
/// writes.
bool EventLoop::serve(int flags, TimePoint latest) {
  now_.reset();
  ++turns_;
  if (clock_ != nullptr) {
    flags |= EVLOOP_NONBLOCK;
    alarm_rang_ = true;
  } else {
    set_alarm(latest);
  }
  event_base_loop(base_.get(), flags);
  if (std::exchange(alarm_rang_, false)) fire_timers();
  auto const served = now_ || !deferred_.empty() || !dirty_.empty() || !graveyard_.empty();
  settle();
  if (end_of_turn_) end_of_turn_();
  while (!graveyard_.empty() || !deferred_.empty() || !dirty_.empty()) {
    auto dead = std::move(graveyard_);
    graveyard_.clear();
    dead.clear();
    settle();
  }
  return served;
}

/// Whether something came, or the loop was stopped, before it was time to sleep.
bool EventLoop::poll() {
  auto const end = right_now() + busy_poll_;
  do {
    if (serve(EVLOOP_ONCE | EVLOOP_NONBLOCK, TimePoint::max())) return true;
  } while (!stopped_ && right_now() < end);
  return stopped_;
}

// ── timers ───────────────────────────────────────────────────────────────────

std::optional<TimePoint> EventLoop::next_timer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

void EventLoop::arm(Timer& timer, TimePoint due) {
  disarm(timer);
  timer.armed_ = timers_.emplace(due, Armed{&timer, turns_});
}

void EventLoop::disarm(Timer& timer) {
  if (timer.armed_) timers_.erase(*std::exchange(timer.armed_, std::nullopt));
  std::replace(firing_.begin(), firing_.end(), &timer, static_cast<Timer*>(nullptr));
}

void EventLoop::set_alarm(TimePoint latest) {
  auto const at = timers_.empty() ? latest : std::min(latest, timers_.begin()->first);
  if (alarm_at_ == at || (!alarm_at_ && at == TimePoint::max())) return;
  if (at == TimePoint::max()) {
    alarm_at_.reset();
    event_del(alarm_.get());
    return;
  }
  alarm_at_ = at;
  auto const us = std::chrono::ceil<std::chrono::microseconds>(std::max(at - right_now(), Duration{})).count();
  timeval after{};
  after.tv_sec = static_cast<time_t>(us / 1'000'000);
  after.tv_usec = static_cast<suseconds_t>(us % 1'000'000);
  event_add(alarm_.get(), &after);
}

void EventLoop::on_alarm(int, short, void* self) {
  auto& loop = *static_cast<EventLoop*>(self);
  loop.alarm_rang_ = true;
  loop.alarm_at_.reset();
}

/// One that was set in this turn waits for the next, however short its delay: a turn
/// ends. The system's timer may ring a little early; then it is set again.
void EventLoop::fire_timers() {
  for (auto at = timers_.begin(); at != timers_.end() && at->first <= now(); ++at) {
    if (at->second.in_turn != turns_) firing_.push_back(at->second.timer);
  }
  // By index: what one does may end another.
  for (std::size_t i = 0; i < firing_.size(); ++i) {
    if (auto* const timer = firing_[i]) {
      disarm(*timer);
      timer->fire();
    }
  }
  firing_.clear();
}

// ── the end of a turn ────────────────────────────────────────────────────────

void EventLoop::run_deferred() {
  // By index: a deed may defer another.
  for (std::size_t i = 0; i < deferred_.size(); ++i) {
    if (deferred_[i] != nullptr) Turn::run(*deferred_[i]);
  }
  deferred_.clear();
}

void EventLoop::do_forget(Deferred& deed) {
  std::replace(deferred_.begin(), deferred_.end(), &deed, static_cast<Deferred*>(nullptr));
}

/// What was deferred comes first, since it writes. A stream that breaks while it is
/// flushed ends something, which may defer in its turn.
void EventLoop::settle() {
  do {
    run_deferred();
    flush_dirty();
  } while (!deferred_.empty());
}

void EventLoop::flush_if_many() {
  if (dirty_.size() >= kMany) flush_dirty();
}

void EventLoop::flush_dirty() {
  // By index: a flush may append.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    auto* const stream = dirty_[i];
    if (stream == nullptr) continue;
    stream->dirty_ = false;
    stream->flush();
  }
  dirty_.clear();
}

void EventLoop::flush_later(Flushable& stream) {
  if (stream.dirty_) return;
  stream.dirty_ = true;
  dirty_.push_back(&stream);
}

void EventLoop::forget(Flushable& stream) {
  if (!stream.dirty_) return;
  stream.dirty_ = false;
  std::replace(dirty_.begin(), dirty_.end(), &stream, static_cast<Flushable*>(nullptr));
}

void EventLoop::bury(std::unique_ptr<Mortal> dead) { graveyard_.push_back(std::move(dead)); }

}  // namespace gateway::io
