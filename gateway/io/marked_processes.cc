#include "gateway/io/marked_processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

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

/// Zero for what is no process but a file beside them.
pid_t pid_of(char const* name) {
  pid_t pid = 0;
  auto const* const end = name + std::strlen(name);
  return std::from_chars(name, end, pid).ptr == end ? pid : 0;
}

/// The opened directory of a process stands for that process alone and serves
/// as its pidfd: a successor with the same pid cannot be hit.
bool signal_if_marked(int proc, char const* name, std::string_view entry, EntryMatch match, int signal) {
  UniqueFd const process(::openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!process || !carries(process.get(), entry, match)) return false;
  ::pidfd_send_signal(process.get(), signal, nullptr, 0);
  return true;
}

void wait_ms(int ms) { ::poll(nullptr, 0, ms); }

}  // namespace

int signal_marked(std::string_view entry, EntryMatch match, int signal) {
  UniqueFd const proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return 0;
  int found = 0;
  alignas(dirent64) char entries[8192];
  for (;;) {
    auto const size = ::getdents64(proc.get(), entries, sizeof entries);
    if (size <= 0) return found;
    for (ssize_t at = 0; at < size;) {
      auto const* const file = reinterpret_cast<dirent64 const*>(entries + at);
      at += file->d_reclen;
      auto const pid = pid_of(file->d_name);
      if (pid == 0 || pid == ::getpid()) continue;
      if (signal_if_marked(proc.get(), file->d_name, entry, match, signal)) ++found;
    }
  }
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
