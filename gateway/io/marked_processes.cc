#include "gateway/io/marked_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "gateway/io/proc_scan.h"
#include "gateway/io/unique_fd.h"

// glibc 2.36 declares these without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

namespace gateway::io {

namespace {

/// Looks for one entry in an environment that comes in pieces.
class EntrySearch {
 public:
  EntrySearch(std::string_view entry, EntryMatch match) : entry_(entry), match_(match) {}

  /// True when the entry is complete in what was given so far.
  bool feed(std::string_view bytes) {
    for (char const c : bytes) {
      if (c == '\0') {
        if (!differs_ && matched_ == entry_.size()) return true;
        matched_ = 0;
        differs_ = false;
      } else if (!differs_) {
        differs_ = matched_ == entry_.size() || c != entry_[matched_];
        if (!differs_ && ++matched_ == entry_.size() && match_ == EntryMatch::Prefix) return true;
      }
    }
    return false;
  }

 private:
  std::string_view entry_;
  EntryMatch match_;
  std::size_t matched_ = 0;
  bool differs_ = false;
};

bool carries(int process, std::string_view entry, EntryMatch match) {
  UniqueFd const environment(::openat(process, "environ", O_RDONLY | O_CLOEXEC));
  if (!environment) return false;  // gone, or not ours to look at
  EntrySearch search(entry, match);
  char piece[4096];
  for (;;) {
    auto const count = ::read(environment.get(), piece, sizeof piece);
    if (count <= 0) return false;
    if (search.feed({piece, static_cast<std::size_t>(count)})) return true;
  }
}

/// Calls `action` with the opened directory of each process that has the entry.
template <typename F>
void for_each_marked(std::string_view entry, EntryMatch match, F&& action) {
  for_each_process([&](int process, pid_t) {
    if (carries(process, entry, match)) action(process);
  });
}

void wait_ms(int ms) { ::poll(nullptr, 0, ms); }

}  // namespace

int signal_marked(std::string_view entry, EntryMatch match, int signal) {
  int found = 0;
  for_each_marked(entry, match, [&](int process) {
    ::pidfd_send_signal(process, signal, nullptr, 0);
    ++found;
  });
  return found;
}

bool kill_marked(std::string_view entry, EntryMatch match) {
  // Again and again: one that forks while it is looked for leaves a child that
  // only the next look can see.
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    if (signal_marked(entry, match, SIGKILL) == 0) return true;
    wait_ms(10);
  }
  return false;
}

bool await_marked_gone(std::string_view entry, EntryMatch match, int looks) {
  for (; looks > 0; --looks) {
    wait_ms(50);
    if (signal_marked(entry, match, 0) == 0) return true;
  }
  return false;
}

}  // namespace gateway::io
