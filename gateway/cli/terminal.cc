#include "gateway/cli/terminal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace gateway::cli {

namespace {

constexpr char kCtrlC = 3;

/// What cannot be written is not shown: the reader is gone, which a signal tells.
void write_out(std::string_view text) {
  while (!text.empty()) {
    auto const count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (auto const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH}) sigaddset(&set, number);
  return set;
}

}  // namespace

Terminal::Terminal() {
  auto const set = watched();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = io::UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (termios now{}; tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    // Also no signals from keys: Ctrl-C and Ctrl-Z would leave the screen as it is.
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  write_out("\x1b[?1049h\x1b[?25l\x1b[?7l");  // the other screen, no cursor, no wrapping
}

Terminal::~Terminal() {
  write_out("\x1b[?7h\x1b[?25h\x1b[?1049l");
  if (before_) tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  auto const set = watched();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Terminal::show(std::string_view text) {
  // Line by line, each cleared to its end, and then all that is below: nothing flickers.
  std::string screen = "\x1b[H";
  while (!text.empty()) {
    auto const end = text.find('\n');
    screen.append(text.substr(0, end)).append("\x1b[K\r\n");
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  write_out(screen + "\x1b[J");
}

Terminal::Heard Terminal::wait(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> what{{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                              {.fd = before_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}}};
  if (poll(what.data(), what.size(), static_cast<int>(at_most.count())) <= 0) return {};
  Heard heard;
  signalfd_siginfo signal{};
  while (read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    heard.ends |= signal.ssi_signo != SIGWINCH;
  }
  if (what[1].revents != 0) {
    char key = 0;
    auto const count = read(STDIN_FILENO, &key, 1);
    if (count == 1 && key != kCtrlC) heard.key = key;
    heard.ends |= count == 1 ? key == kCtrlC : (what[1].revents & (POLLHUP | POLLERR)) != 0;
  }
  return heard;
}

}  // namespace gateway::cli
