#include "gateway/log/thread.h"

#include <spdlog/details/log_msg.h>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

#include "gateway/log/line_sink.h"

namespace gateway::log {

namespace {

spdlog::level::level_enum spdlog_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::Debug: return spdlog::level::debug;
    case config::LogLevel::Info: return spdlog::level::info;
    case config::LogLevel::Warn: return spdlog::level::warn;
    case config::LogLevel::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// Lines that go to the sink as one message.
struct Run {
  std::size_t first = 0;  ///< the number of its first line
  std::size_t lines = 0;
  std::size_t begin = 0;  ///< in the piece's bytes
  std::size_t size = 0;
};

/// How many of the lines are not whole in the first `written` bytes.
std::size_t lines_beyond(LogPiece const& piece, Run const& run, std::size_t written) {
  std::size_t whole = 0;
  for (std::size_t end = 0; whole < run.lines; ++whole) {
    end += piece.marks[run.first + whole].size;
    if (end > written) break;
  }
  return run.lines - whole;
}

}  // namespace

bool LineFilter::takes(LineMark const& line) const {
  if (line.kind == LineKind::Audit) return true;
  if (line.kind == LineKind::ForPeople && !is_watched) return false;
  return level ? line.level >= *level : line.at_level;
}

LogThread::LogThread(std::unique_ptr<LineSink> sink, LineFilter filter) : sink_(std::move(sink)), filter_(filter) {
  // Signals are for the loop's thread, which waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogThread::~LogThread() {
  {
    std::lock_guard const lock(mutex_);
    is_ending_ = true;
  }
  sink_->end();
  arrived_.notify_one();
  thread_.join();
}

bool LogThread::takes_any(LogPiece const& piece) const {
  return std::ranges::any_of(piece.marks, [this](LineMark const& line) { return filter_.takes(line); });
}

/// Counts the lines as dropped where there is none.
bool LogThread::has_room(LogPiece const& piece) {
  if (queued_bytes_ < kMaxQueued) {
    queued_bytes_ += piece.bytes.size();
    return true;
  }
  auto const takes = [this](LineMark const& line) { return filter_.takes(line); };
  state_.dropped += static_cast<std::size_t>(std::ranges::count_if(piece.marks, takes));
  if (state_.trouble.empty()) state_.trouble = "the queue is full: lines are not read as fast as they are written";
  return false;
}

void LogThread::write(LogPiece& piece) {
  {
    std::lock_guard const lock(mutex_);
    if (has_room(piece)) {
      spare_.form = piece.form;
      queue_.push_back(std::exchange(piece, std::exchange(spare_, LogPiece(piece.form))));
    } else {
      piece.clear();
    }
  }
  arrived_.notify_one();
}

void LogThread::write_copy(LogPiece const& piece) {
  {
    std::lock_guard const lock(mutex_);
    if (!has_room(piece)) return;
    auto copy = std::exchange(spare_, LogPiece(piece.form));
    copy.form = piece.form;
    copy.bytes.append(piece.bytes.view());
    copy.marks = piece.marks;
    queue_.push_back(std::move(copy));
  }
  arrived_.notify_one();
}

void LogThread::reopen() {
  {
    std::lock_guard const lock(mutex_);
    is_to_reopen_ = true;
  }
  arrived_.notify_one();
}

LogThread::State LogThread::state() const {
  std::lock_guard const lock(mutex_);
  return state_;
}

void LogThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return is_ending_ || is_to_reopen_ || !queue_.empty(); });
    if (std::exchange(is_to_reopen_, false)) {
      lock.unlock();
      reopen_sink();
      lock.lock();
      continue;
    }
    if (queue_.empty()) return;
    auto piece = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    auto const size = piece.bytes.size();
    write_out(piece);
    piece.clear();
    lock.lock();
    queued_bytes_ -= size;
    spare_ = std::move(piece);
    state_.dropped += lost_;
    lost_ = 0;
    if (!lost_why_.empty()) {
      state_.trouble = std::exchange(lost_why_, {});
    } else if (queue_.empty()) {
      state_.trouble.clear();
    }
  }
}

/// Lines in a row that the output takes are one message, if the sink takes several.
void LogThread::write_out(LogPiece const& piece) {
  Run run;
  auto const flush = [&] {
    if (run.lines == 0) return;
    auto const bytes = piece.bytes.view().substr(run.begin, run.size);
    try {
      sink_->log({{}, spdlog_level(piece.marks[run.first].level), {bytes.data(), bytes.size()}});
    } catch (CutShort const& error) {
      lost(lines_beyond(piece, run, error.written()), error.what());
    } catch (std::exception const& error) {
      lost(run.lines, error.what());
    }
  };
  std::size_t begin = 0;
  for (std::size_t i = 0; i < piece.marks.size(); ++i) {
    auto const& line = piece.marks[i];
    auto const is_taken = filter_.takes(line);
    if (run.lines > 0 && (!is_taken || run.size + line.size > sink_->message_bytes())) {
      flush();
      run = {};
    }
    if (is_taken) {
      if (run.lines == 0) run = {.first = i, .lines = 0, .begin = begin, .size = 0};
      ++run.lines;
      run.size += line.size;
    }
    begin += line.size;
  }
  flush();
}

void LogThread::lost(std::size_t lines, std::string const& why) {
  lost_ += lines;
  lost_why_ = why;
}

/// One that cannot be opened now is tried again with the next line.
void LogThread::reopen_sink() {
  try {
    sink_->reopen();
  } catch (std::exception const& error) {
    std::lock_guard const lock(mutex_);
    state_.trouble = error.what();
  }
}

}  // namespace gateway::log
