#include "gateway/io/child_pipes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace gateway::io {

namespace {

/// True when the descriptor may still work later.
bool is_passing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

InputPipe::InputPipe(EventLoop& loop, UniqueFd pipe, std::size_t limit, Listener& listener)
    : loop_(loop),
      listener_(listener),
      limit_(limit),
      pipe_(std::move(pipe)),
      writable_(loop, pipe_.get(), Watch::For::Write, *this) {}

InputPipe::~InputPipe() { loop_.forget(*this); }

bool InputPipe::write(std::string_view bytes) {
  if (!accepts()) return false;
  queue_.append(bytes);
  if (!writable_.active()) loop_.flush_later(*this);
  return true;
}

void InputPipe::finish() {
  if (state_ != State::Open) return;
  state_ = State::Finishing;
  if (!writable_.active()) loop_.flush_later(*this);
}

void InputPipe::close() {
  state_ = State::Closed;
  queue_.reset();
  writable_.stop();
  pipe_.reset();
}

void InputPipe::flush() { write_queue(); }
void InputPipe::on_ready(Watch::For) { write_queue(); }

void InputPipe::write_queue() {
  if (state_ == State::Closed) return;
  if (!queue_.empty()) {
    auto const count = ::write(pipe_.get(), queue_.view().data(), queue_.size());
    if (count < 0 && !is_passing(errno)) {
      close();
      return listener_.on_broken();
    }
    if (count > 0) queue_.consume(static_cast<std::size_t>(count));
  }
  if (!queue_.empty()) return writable_.start();
  writable_.stop();
  if (state_ == State::Finishing) close();
}

OutputPipe::OutputPipe(EventLoop& loop, UniqueFd pipe, Listener& listener)
    : loop_(loop), listener_(listener), pipe_(std::move(pipe)), readable_(loop, pipe_.get(), Watch::For::Read, *this) {
  readable_.start();
}

void OutputPipe::on_ready(Watch::For) {
  auto const count = ::read(pipe_.get(), loop_.scratch(), EventLoop::kScratchBytes);
  if (count > 0) return listener_.on_bytes(*this, {loop_.scratch(), static_cast<std::size_t>(count)});
  if (count < 0 && is_passing(errno)) return;
  close();
  listener_.on_end(*this);
}

void OutputPipe::writer_died() {
  readable_.stop();
  if (!pipe_) return;
  auto const size = ::fcntl(pipe_.get(), F_GETPIPE_SZ);
  rest_ = size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::string_view OutputPipe::last_bytes() {
  auto const wanted = std::min(rest_, EventLoop::kScratchBytes);
  auto const count = wanted == 0 ? 0 : ::read(pipe_.get(), loop_.scratch(), wanted);
  if (count <= 0) {
    rest_ = 0;
    close();
    return {};
  }
  rest_ -= static_cast<std::size_t>(count);
  return {loop_.scratch(), static_cast<std::size_t>(count)};
}

void OutputPipe::close() {
  readable_.stop();
  pipe_.reset();
}

}  // namespace gateway::io
