#include "gateway/remote/stdio.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

namespace gateway::remote {

namespace {

constexpr std::size_t kFull = std::size_t{8} << 20;
constexpr std::size_t kNoMoreFull = std::size_t{1} << 20;
constexpr milliseconds kLookAgain{20};

}  // namespace

Stdio::Stdio(io::EventLoop& loop, std::size_t max_line, Listener& listener)
    : loop_(loop),
      listener_(listener),
      framer_(max_line),
      output_flags_(::fcntl(STDOUT_FILENO, F_GETFL)),
      output_(loop, io::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)),
              std::numeric_limits<std::size_t>::max(), *this),
      readable_(loop, STDIN_FILENO, io::Watch::For::Read, *this),
      next_read_(loop, [this] { read_once(); }),
      look_again_(loop, [this] { look_whether_full(); }) {
  // Others may share the description; it is given back as it was.
  ::fcntl(STDOUT_FILENO, F_SETFL, output_flags_ | O_NONBLOCK);
  readable_.start();
  is_file_ = !readable_.active();
  if (is_file_) next_read_.set(Duration{0});
}

Stdio::~Stdio() { ::fcntl(STDOUT_FILENO, F_SETFL, output_flags_); }

void Stdio::write_line(std::string_view line) {
  if (!output_.write(line) || !output_.write("\n")) return;
  if (!full_) look_whether_full();
}

void Stdio::look_whether_full() {
  auto const is_full = output_.queued() > (full_ ? kNoMoreFull : kFull);
  if (is_full) look_again_.set(kLookAgain);
  if (is_full == full_) return;
  full_ = is_full;
  if (full_)
    readable_.stop();
  else if (!ended_ && !is_file_)
    readable_.start();
  listener_.on_full(full_);
}

void Stdio::stop_reading() {
  ended_ = true;
  readable_.stop();
  next_read_.cancel();
}

void Stdio::on_ready(io::Watch::For) { read_once(); }

void Stdio::read_once() {
  if (is_file_ && !ended_) next_read_.set(full_ ? Duration(kLookAgain) : Duration{0});
  if (is_file_ && full_) return;
  auto const count = ::read(STDIN_FILENO, loop_.scratch(), io::EventLoop::kScratchBytes);
  if (count > 0) return take({loop_.scratch(), static_cast<std::size_t>(count)});
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  end_input();
}

void Stdio::take(std::string_view bytes) {
  rpc::LineFramer::Line line;
  while (!ended_ && framer_.next(bytes, line) == rpc::LineFramer::Verdict::Line) listener_.on_line(line);
}

/// What stands behind the last line end is a message, too.
void Stdio::end_input() {
  if (ended_) return;
  rpc::LineFramer::Line line;
  if (framer_.last(line)) listener_.on_line(line);
  stop_reading();
  listener_.on_input_end();
}

void Stdio::on_broken() { listener_.on_output_broken(); }

}  // namespace gateway::remote
