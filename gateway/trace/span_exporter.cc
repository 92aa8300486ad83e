#include "gateway/trace/span_exporter.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <span>
#include <utility>

namespace gateway::trace {

namespace {

/// How long a span waits for others, to be sent with them.
constexpr std::chrono::seconds kEvery{5};
constexpr std::chrono::seconds kPatience{10};
/// How long the end of the program waits for the collector.
constexpr std::chrono::seconds kLastPatience{1};

}  // namespace

SpanExporter::SpanExporter(Post post, Resource resource) : post_(std::move(post)), resource_(std::move(resource)) {
  // Signals are for the loop's thread, which waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "mcp-gw-spans");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

SpanExporter::~SpanExporter() {
  {
    std::lock_guard const lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void SpanExporter::take(TraceSpan span) {
  std::size_t waiting = 0;
  {
    std::lock_guard const lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting_.push_back(std::move(span));
    waiting = waiting_.size();
  }
  // More may arrive: the thread checks by itself after a while.
  if (waiting == kBatch) arrived_.notify_one();
}

void SpanExporter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait_for(lock, kEvery, [this] { return ending_ || waiting_.size() >= kBatch; });
    auto const ending = ending_;
    if (waiting_.empty()) {
      if (ending) return;
      continue;
    }
    auto const size = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
    std::vector<TraceSpan> batch(std::make_move_iterator(waiting_.begin()),
                                 std::make_move_iterator(waiting_.begin() + size));
    waiting_.erase(waiting_.begin(), waiting_.begin() + size);
    auto const given_up = ending && !trouble_.empty();  // it failed before, and the program ends
    lock.unlock();
    if (given_up) {
      failed_.fetch_add(batch.size(), std::memory_order_relaxed);
    } else {
      send(batch, ending ? kLastPatience : kPatience);
    }
    lock.lock();
  }
}

void SpanExporter::send(std::vector<TraceSpan> const& batch, std::chrono::milliseconds patience) {
  auto trouble = post_(otlp_json(resource_, batch), patience);
  (trouble.empty() ? exported_ : failed_).fetch_add(batch.size(), std::memory_order_relaxed);
  std::lock_guard const lock(mutex_);
  trouble_ = std::move(trouble);
}

SpanExporter::Counts SpanExporter::counts() const {
  return {exported_.load(std::memory_order_relaxed), dropped_.load(std::memory_order_relaxed),
          failed_.load(std::memory_order_relaxed)};
}

std::string SpanExporter::trouble() const {
  std::lock_guard const lock(mutex_);
  return trouble_;
}

}  // namespace gateway::trace
