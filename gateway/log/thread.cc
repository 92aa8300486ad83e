#include "gateway/log/thread.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <string_view>
#include <utility>

namespace gateway::log {

namespace {

/// How long the end of the program waits for somebody to read.
constexpr std::chrono::milliseconds kPatienceAtEnd{200};
/// How often a thread that waits for a reader looks whether it is to end.
constexpr std::chrono::milliseconds kLook{50};

bool is_regular_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

LogThread::LogThread(int fd) : fd_(fd), may_block_(!is_regular_file(fd)) {
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
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void LogThread::write(ByteQueue& piece, std::size_t lines) {
  {
    std::lock_guard const lock(mutex_);
    if (waiting_bytes_ < kMaxWaiting) {
      waiting_bytes_ += piece.size();
      waiting_.push_back({std::exchange(piece, std::exchange(spare_, new_piece())), lines});
    } else {
      dropped_.fetch_add(lines, std::memory_order_relaxed);
      piece.consume(piece.size());
    }
  }
  arrived_.notify_one();
}

void LogThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto piece = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    dropped_.fetch_add(write_out(piece), std::memory_order_relaxed);
    lock.lock();
    waiting_bytes_ -= piece.bytes.size();
    piece.bytes.consume(piece.bytes.size());
    spare_ = std::move(piece.bytes);
  }
}

/// How many of its lines could not be written.
std::size_t LogThread::write_out(Piece const& piece) {
  if (cut_ && write_bytes("\n") == 0) return piece.lines;
  auto const bytes = piece.bytes.view();
  auto const written = bytes.substr(0, write_bytes(bytes));
  cut_ = !written.empty() && written.back() != '\n';
  if (written.size() == bytes.size()) return 0;
  return piece.lines - static_cast<std::size_t>(std::count(written.begin(), written.end(), '\n'));
}

/// How many of the bytes were taken.
std::size_t LogThread::write_bytes(std::string_view bytes) {
  auto rest = bytes;
  while (!rest.empty()) {
    if (may_block_ && !wait_until_writable()) break;
    // What is writable takes that much without blocking (pipe(7)).
    auto const part = may_block_ ? rest.substr(0, PIPE_BUF) : rest;
    auto const count = ::write(fd_, part.data(), part.size());
    if (count < 0 && errno != EINTR && errno != EAGAIN) break;
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return bytes.size() - rest.size();
}

/// False when nobody reads and the program ends.
bool LogThread::wait_until_writable() {
  std::chrono::milliseconds waited{0};
  pollfd what{.fd = fd_, .events = POLLOUT, .revents = 0};
  while (!gave_up_ && ::poll(&what, 1, static_cast<int>(kLook.count())) == 0) {
    waited += kLook;
    std::lock_guard const lock(mutex_);
    gave_up_ = ending_ && waited >= kPatienceAtEnd;
  }
  return !gave_up_;
}

}  // namespace gateway::log
