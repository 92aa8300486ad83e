// Iterates over the processes of the machine in /proc.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// Calls `action(dirent64 const&)` for each entry of an opened directory. Allocates
/// nothing and takes no lock.
template <typename F>
void for_each_entry(int directory, F&& action) {
  alignas(dirent64) char entries[8192];
  for (;;) {
    auto const size = ::getdents64(directory, entries, sizeof entries);
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      auto const* const entry = reinterpret_cast<dirent64 const*>(entries + at);
      at += entry->d_reclen;
      action(*entry);
    }
  }
}

/// Calls `action(directory, pid)` with the opened directory of each process but the
/// calling one. It refers to that process alone, never to a successor with the same pid. Allocates nothing and takes no lock.
template <typename F>
void for_each_process(F&& action) {
  UniqueFd const proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return;
  for_each_entry(proc.get(), [&](dirent64 const& entry) {
    pid_t pid = 0;
    auto const* const end = entry.d_name + std::strlen(entry.d_name);
    // There are other entries besides processes.
    if (std::from_chars(entry.d_name, end, pid).ptr != end || pid == ::getpid()) return;
    UniqueFd const process(::openat(proc.get(), entry.d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (process) action(process.get(), pid);
  });
}

/// The beginning of a process's file; empty if it cannot be read.
inline std::string_view read_front(int process, char const* file, char (&into)[4096]) {
  UniqueFd const opened(::openat(process, file, O_RDONLY | O_CLOEXEC));
  auto const count = opened ? ::read(opened.get(), into, sizeof into) : 0;
  return {into, count > 0 ? static_cast<std::size_t>(count) : 0};
}

}  // namespace gateway::io
