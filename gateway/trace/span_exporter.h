// The thread that POSTs spans to a collector.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/trace/span.h"

namespace gateway::trace {

/// Takes spans from any thread and sends them in batches. A collector that is slow or down delays nobody: spans that do
/// not fit into the queue are dropped and counted, and a batch that could not be sent is not retried. Owned by the
/// program's root; outlives every Tracer.
class SpanExporter {
 public:
  static constexpr std::size_t kMaxWaiting = 2048;  ///< spans
  static constexpr std::size_t kBatch = 512;

  /// POSTs a body to the collector. Returns why that failed; empty if it did not. Called on the exporter's thread; may
  /// take as long as `patience`.
  using Post = std::function<std::string(std::string_view body, std::chrono::milliseconds patience)>;

  SpanExporter(Post post, Resource resource);
  /// Sends what is queued, if that takes only a moment.
  ~SpanExporter();
  SpanExporter(SpanExporter const&) = delete;
  SpanExporter& operator=(SpanExporter const&) = delete;

  void take(TraceSpan span);

  /// Spans so far.
  struct Counts {
    std::size_t exported = 0;
    std::size_t dropped = 0;  ///< the queue was full
    std::size_t failed = 0;   ///< the collector did not accept them
  };
  [[nodiscard]] Counts counts() const;
  /// Why the last batch could not be sent; empty if it was.
  [[nodiscard]] std::string trouble() const;

 private:
  void run();
  void send(std::vector<TraceSpan> const& batch, std::chrono::milliseconds patience);

  Post const post_;
  Resource const resource_;
  std::atomic<std::size_t> exported_ = 0;
  std::atomic<std::size_t> dropped_ = 0;
  std::atomic<std::size_t> failed_ = 0;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable arrived_;
  std::vector<TraceSpan> waiting_;
  std::string trouble_;
  bool ending_ = false;

  std::thread thread_;  ///< last: it uses the rest
};

}  // namespace gateway::trace
