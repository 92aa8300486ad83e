// A small file that is read again when it changes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/result.h"

namespace gateway::io {

/// Looks at the file's inode, size and times, so that it notices a file that was written in place as well as one that
/// was replaced by rename, where inotify would have to follow the folder, links to it, and mounts. A look costs one
/// system call; the file is read on the loop, since it is local and small.
class ChangingFile {
 public:
  /// A file of more than `most_mib` MiB is not read.
  explicit ChangingFile(std::string path, std::size_t most_mib = 1) : path_(std::move(path)), most_mib_(most_mib) {}

  [[nodiscard]] std::string const& path() const { return path_; }
  /// The content, or why there is none, if the file has changed since the last call; nothing otherwise.
  [[nodiscard]] std::optional<Result<std::string>> read_if_changed();

 private:
  struct Stamp {
    int error = 0;  ///< errno, where there is no file
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(Stamp const&) const = default;
  };
  [[nodiscard]] Stamp stamp() const;

  std::string path_;
  std::size_t most_mib_;
  std::optional<Stamp> seen_;
};

}  // namespace gateway::io
