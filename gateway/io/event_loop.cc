#include "gateway/io/event_loop.h"

#include <event2/event.h>

#include <algorithm>
#include <new>

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

EventLoop::EventLoop()
    : base_(event_base_new_with_config(loop_config().get())), scratch_(new char[kScratchBytes]) {
  if (!base_) throw std::bad_alloc();
}

EventLoop::~EventLoop() {
  // What dies may bury its own parts.
  while (!graveyard_.empty()) {
    auto dead = std::move(graveyard_);
    graveyard_.clear();
  }
}

TimePoint EventLoop::right_now() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

TimePoint EventLoop::now() const {
  if (!now_) now_ = right_now();
  return *now_;
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) turn(std::chrono::hours(1));
}

void EventLoop::turn(Duration wait) {
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(std::chrono::duration_cast<seconds>(wait).count());
  limit.tv_usec = static_cast<suseconds_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(wait).count() % 1'000'000);
  if (wait < std::chrono::minutes(1)) event_base_loopexit(base_.get(), &limit);

  // What was written before the first turn must not wait for something to happen.
  settle();
  if (busy_poll_ == Duration{} || !poll()) serve(EVLOOP_ONCE);
}

/// Waits as `flags` say and serves what is ready. Whether there was something, as far as
/// can be seen: hardly a callback neither asks for the time nor writes.
bool EventLoop::serve(int flags) {
  now_.reset();
  event_base_loop(base_.get(), flags);
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
    if (serve(EVLOOP_ONCE | EVLOOP_NONBLOCK)) return true;
  } while (!stopped_ && right_now() < end);
  return stopped_;
}

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
    // By index: a flush may append.
    for (std::size_t i = 0; i < dirty_.size(); ++i) {
      auto* const stream = dirty_[i];
      if (stream == nullptr) continue;
      stream->dirty_ = false;
      stream->flush();
    }
    dirty_.clear();
  } while (!deferred_.empty());
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
