#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "gateway/log/line_sink.h"

namespace gateway::log {

namespace {

/// The numbers of syslog(3), which the journal uses too.
int severity(spdlog::level::level_enum level) {
  constexpr int kError = 3;
  constexpr int kWarning = 4;
  constexpr int kInfo = 6;
  constexpr int kDebug = 7;
  if (level >= spdlog::level::err) return kError;
  if (level == spdlog::level::warn) return kWarning;
  return level == spdlog::level::info ? kInfo : kDebug;
}

/// Sends each line as a datagram to a socket of this machine, whose owner may end and come back.
class DatagramSink : public LineSink {
 public:
  explicit DatagramSink(std::string path) : LineSink(0), path_(std::move(path)) {}
  ~DatagramSink() override { close(); }

 protected:
  void send(std::string_view front, std::string_view line) {
    // Once more where who listened was started anew.
    if (fd_ >= 0 && try_send(front, line) == 0) return;
    if (auto const error = connect(); error != 0) fail(error);
    if (auto const error = try_send(front, line); error != 0) fail(error);
  }

 private:
  [[noreturn]] void fail(int error) {
    close();
    throw CutShort(0, fmt::format("{}: {}", path_, std::strerror(error)));
  }

  /// Zero, or the error.
  int try_send(std::string_view front, std::string_view line) {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(front.data()), front.size()},
                               iovec{const_cast<char*>(line.data()), line.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    while (::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      if (errno == EAGAIN && wait_until_writable(fd_)) continue;
      if (errno != EINTR) return errno;
    }
    return 0;
  }

  /// Zero, or the error.
  int connect() {
    close();
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return errno;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0 ? 0 : errno;
  }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  std::string path_;
  int fd_ = -1;
};

/// spdlog's own sink uses syslog(3), which hides errors, waits for a daemon that does not read, and is there once a
/// process.
class SyslogSink final : public DatagramSink {
 public:
  using DatagramSink::DatagramSink;

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    constexpr int kDaemon = 3 << 3;
    auto const now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 32> time{};
    std::strftime(time.data(), time.size(), "%b %e %T", &local);
    auto const front =
        fmt::format("<{}>{} mcp-gateway[{}]: ", kDaemon | severity(message.level), time.data(), ::getpid());
    send(front, {message.payload.data(), message.payload.size() - 1});
  }
};

/// Speaks the journal's protocol itself. spdlog's own sink needs libsystemd, waits for a journal that does not read,
/// and has no fields.
class JournalSink final : public DatagramSink {
 public:
  JournalSink(std::string path, Form form) : DatagramSink(std::move(path)), has_fields_(form == Form::Journal) {}

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    auto const front = fmt::format("PRIORITY={}\nSYSLOG_IDENTIFIER=mcp-gateway\n{}", severity(message.level),
                                   has_fields_ ? "" : "MESSAGE=");
    send(front, {message.payload.data(), message.payload.size()});
  }

  bool has_fields_;
};

std::string or_default(std::string const& path, std::string_view usual) {
  return path.empty() ? std::string(usual) : path;
}

}  // namespace

std::unique_ptr<LineSink> make_syslog_sink(std::string const& path) {
  return std::make_unique<SyslogSink>(or_default(path, "/dev/log"));
}

std::unique_ptr<LineSink> make_journal_sink(std::string const& path, Form form) {
  return std::make_unique<JournalSink>(or_default(path, "/run/systemd/journal/socket"), form);
}

}  // namespace gateway::log
