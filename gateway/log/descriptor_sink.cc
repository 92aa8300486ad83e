#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "gateway/log/line_sink.h"

namespace gateway::log {

namespace {

bool is_regular_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/// What is writable takes that much without blocking, and in one piece (pipe(7)): in whole lines, if it has any, since
/// another process may write to the same pipe, as the one that is about to replace this one does.
std::string_view first_part(std::string_view bytes) {
  auto const part = bytes.substr(0, PIPE_BUF);
  auto const end = part.rfind('\n');
  return end == part.npos ? part : part.substr(0, end + 1);
}

/// stderr. spdlog's own sink for it blocks for as long as nobody reads a pipe, and ignores errors.
class DescriptorSink final : public LineSink {
 public:
  explicit DescriptorSink(int fd) : LineSink(kMessage), fd_(fd), may_block_(!is_regular_file(fd)) {}

 private:
  static constexpr std::size_t kMessage = 64 * 1024;

  void sink_it_(spdlog::details::log_msg const& message) override {
    if (is_cut_ && write_bytes("\n") == 0) throw CutShort(0, std::strerror(error_));
    std::string_view const bytes(message.payload.data(), message.payload.size());
    auto const written = write_bytes(bytes);
    is_cut_ = written > 0 && bytes[written - 1] != '\n';
    if (written < bytes.size()) throw CutShort(written, std::strerror(error_));
  }

  /// How many of the bytes were taken.
  std::size_t write_bytes(std::string_view bytes) {
    auto rest = bytes;
    error_ = EAGAIN;
    while (!rest.empty()) {
      if (may_block_ && !wait_until_writable(fd_)) break;
      auto const part = may_block_ ? first_part(rest) : rest;
      auto const count = ::write(fd_, part.data(), part.size());
      error_ = count < 0 ? errno : ENOSPC;
      if (count < 0 && errno != EINTR && errno != EAGAIN) break;
      rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return bytes.size() - rest.size();
  }

  int const fd_;
  bool const may_block_;  ///< a pipe, a terminal or a socket: somebody has to read
  bool is_cut_ = false;   ///< what was written last is not the end of a line
  int error_ = 0;         ///< why less was written than was given
};

}  // namespace

std::unique_ptr<LineSink> make_descriptor_sink(int fd) { return std::make_unique<DescriptorSink>(fd); }

}  // namespace gateway::log
