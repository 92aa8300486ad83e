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

/// Calls `action` with the opened directory of each process that has the entry. It
/// stands for that process alone: a successor with the same pid cannot be hit.
template <typename F>
void for_each_marked(std::string_view entry, EntryMatch match, F&& action) {
  UniqueFd const proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return;
  alignas(dirent64) char entries[8192];
  for (;;) {
    auto const size = ::getdents64(proc.get(), entries, sizeof entries);
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      auto const* const file = reinterpret_cast<dirent64 const*>(entries + at);
      at += file->d_reclen;
      auto const pid = pid_of(file->d_name);
      if (pid == 0 || pid == ::getpid()) continue;
      UniqueFd const process(::openat(proc.get(), file->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (process && carries(process.get(), entry, match)) action(process.get());
    }
  }
}

/// The front of a process's file; empty when it cannot be read.
std::string_view read_front(int process, char const* file, char (&into)[4096]) {
  UniqueFd const opened(::openat(process, file, O_RDONLY | O_CLOEXEC));
  auto const count = opened ? ::read(opened.get(), into, sizeof into) : 0;
  return {into, count > 0 ? static_cast<std::size_t>(count) : 0};
}

/// The number behind the spaces at the front; 0 when there is none.
std::size_t number_at(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::size_t memory_of(int process) {
  char buffer[4096];
  constexpr std::string_view kShare = "\nPss:";
  auto const rollup = read_front(process, "smaps_rollup", buffer);
  if (auto const at = rollup.find(kShare); at != std::string_view::npos) {
    return number_at(rollup.substr(at + kShare.size())) * 1024;
  }
  auto const pages = read_front(process, "statm", buffer);
  auto const resident = pages.find(' ');
  if (resident == std::string_view::npos) return 0;
  return number_at(pages.substr(resident)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
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

std::size_t memory_of_marked(std::string_view entry, EntryMatch match) {
  std::size_t total = 0;
  for_each_marked(entry, match, [&](int process) { total += memory_of(process); });
  return total;
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
