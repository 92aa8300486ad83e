#include "gateway/log/line_sink.h"

#include <poll.h>

#include <chrono>

namespace gateway::log {

bool LineSink::wait_until_writable(int fd) {
  /// How long the end of the program waits for a reader.
  constexpr std::chrono::milliseconds kPatienceAtEnd{200};
  /// How often it is checked whether the program ends.
  constexpr std::chrono::milliseconds kCheck{50};
  std::chrono::milliseconds waited{0};
  pollfd what{.fd = fd, .events = POLLOUT, .revents = 0};
  while (!gave_up_ && ::poll(&what, 1, static_cast<int>(kCheck.count())) == 0) {
    waited += kCheck;
    gave_up_ = is_ending_ && waited >= kPatienceAtEnd;
  }
  return !gave_up_;
}

}  // namespace gateway::log
