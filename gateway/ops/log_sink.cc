#include "gateway/ops/log_sink.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

namespace gateway::ops {

namespace {

/// Pieces that wait for a stderr nobody reads. With their size, which is a Log's
/// matter, this bounds what they hold.
constexpr std::size_t kQueuedPieces = 256;
/// Room for the flush that ends it all, and for what loops that see the last free
/// place at the same time hand over.
constexpr std::size_t kSpare = 65;

}  // namespace

LogSink::LogSink() {
  spdlog::init_thread_pool(kQueuedPieces + kSpare, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::async_logger>("gateway", std::move(sink), spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  // The lines are whole already.
  logger_->set_pattern("%v");
  logger_->set_level(spdlog::level::trace);
}

LogSink::~LogSink() {
  logger_->flush();
  // The flush is queued behind the lines; the pool's end, or a moment, sees it done.
  for (int i = 0; i < 200 && spdlog::thread_pool()->queue_size() > 0; ++i) usleep(1000);
  logger_.reset();
  spdlog::shutdown();
}

void LogSink::write(std::string_view piece, std::size_t lines) {
  if (spdlog::thread_pool()->queue_size() < kQueuedPieces) {
    logger_->info(spdlog::string_view_t(piece.data(), piece.size()));
  } else {
    dropped_.fetch_add(lines, std::memory_order_relaxed);
  }
}

}  // namespace gateway::ops
