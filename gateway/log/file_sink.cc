#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "gateway/log/line_sink.h"

namespace gateway::log {

namespace {

/// Writes lines as they are.
class Verbatim final : public spdlog::formatter {
 public:
  void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& to) override {
    to.append(message.payload.data(), message.payload.data() + message.payload.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Verbatim>(); }
};

/// spdlog's file, which is reopened, tells how much of a message is in it, and ends a line that a full disk cut. It is
/// rotated here, with the names of spdlog's rotating file, which truncates a file that it cannot rename.
class FileSink final : public LineSink {
 public:
  explicit FileSink(config::LogOutput output) : LineSink(kMessage), output_(std::move(output)) {
    check_target();
    open();
  }

  void reopen() override {
    file_.reset();
    open();
  }

 private:
  using Clock = std::chrono::steady_clock;
  /// Less than the smallest size a file is rotated at.
  static constexpr std::size_t kMessage = 16 * 1024;
  /// spdlog takes 50 ms to find that a file cannot be opened.
  static constexpr std::chrono::seconds kRetry{1};
  /// A rotation that fails will mostly fail again.
  static constexpr std::chrono::seconds kRetryRotation{60};

  void sink_it_(spdlog::details::log_msg const& message) override {
    if (!is_open()) open_again();
    auto const trouble = is_due(message.payload.size()) ? rotate() : std::string{};
    if (is_cut_) write(spdlog::details::log_msg({}, message.level, "\n"));
    write(message);
    if (!trouble.empty()) throw CutShort(message.payload.size(), trouble);
  }

  [[nodiscard]] bool is_due(std::size_t more) const {
    auto const now = size();
    return output_.max_size != 0 && now > 0 && now + more > output_.max_size;
  }

  /// Gives why it could not be. Then the same file grows on, and nothing is lost.
  std::string rotate() {
    if (tried_to_rotate_ && Clock::now() - *tried_to_rotate_ < kRetryRotation) return why_not_rotated_;
    tried_to_rotate_ = Clock::now();
    if (auto const error = rename_all()) {
      why_not_rotated_ = fmt::format("it cannot be rotated: {}", error.message());
      return why_not_rotated_;
    }
    tried_to_rotate_.reset();
    reopen();
    return {};
  }

  /// The current file first, to a name that is in nobody's way: if that fails, the older ones keep theirs.
  std::error_code rename_all() {
    namespace fs = std::filesystem;
    std::error_code error;
    auto const aside = output_.path + ".rotated";
    if (output_.keep == 0) {
      fs::remove(output_.path, error);
      return error;
    }
    fs::rename(output_.path, aside, error);
    for (auto i = output_.keep; i > 1 && !error; --i) {
      if (fs::exists(name_of(i - 1), error)) fs::rename(name_of(i - 1), name_of(i), error);
    }
    if (!error) fs::rename(aside, name_of(1), error);
    std::error_code ignored;
    if (error && fs::exists(aside, ignored)) fs::rename(aside, output_.path, ignored);
    return error;
  }

  [[nodiscard]] std::string name_of(std::size_t index) const {
    return spdlog::sinks::rotating_file_sink_st::calc_filename(output_.path, index);
  }

  void write(spdlog::details::log_msg const& message) {
    auto const before = size();
    auto const opened = opened_;
    try {
      file_->log(message);
      is_cut_ = false;
    } catch (spdlog::spdlog_ex const& error) {
      auto const now = size();
      // A file that was opened meanwhile is new.
      auto const written = std::min(now - std::min(now, opened == opened_ ? before : 0), message.payload.size());
      if (written > 0) is_cut_ = message.payload[written - 1] != '\n';
      throw CutShort(written, error.what());
    }
  }

  [[nodiscard]] bool is_open() const { return file_ != nullptr && fd_ >= 0; }

  /// After a rotation that failed, or a reopening.
  void open_again() {
    if (tried_ && Clock::now() - *tried_ < kRetry) throw CutShort(0, why_closed_);
    open();
  }

  void open() {
    tried_ = Clock::now();
    try {
      file_ = std::make_unique<spdlog::sinks::basic_file_sink_st>(output_.path, false, handlers());
      file_->set_formatter(std::make_unique<Verbatim>());
      is_cut_ = ends_within_a_line();
    } catch (spdlog::spdlog_ex const& error) {
      file_.reset();
      why_closed_ = error.what();
      throw CutShort(0, why_closed_);
    }
  }

  spdlog::file_event_handlers handlers() {
    spdlog::file_event_handlers handlers;
    handlers.before_open = [this](std::string const& path) { is_new_ = ::access(path.c_str(), F_OK) != 0; };
    handlers.after_open = [this](std::string const&, std::FILE* file) { take(file); };
    handlers.before_close = [this](std::string const&, std::FILE*) { fd_ = -1; };
    return handlers;
  }

  void take(std::FILE* file) {
    // A message is one write, whose error shows at once.
    std::setvbuf(file, nullptr, _IONBF, 0);
    fd_ = ::fileno(file);
    ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
    // The log says who called what: it is not for everybody.
    constexpr mode_t kOwnerAndGroup = 0640;
    struct stat status {};
    if (is_new_ && ::fstat(fd_, &status) == 0) ::fchmod(fd_, status.st_mode & kOwnerAndGroup);
    ++opened_;
  }

  /// Whether the file was there, and a full disk cut its last line.
  [[nodiscard]] bool ends_within_a_line() const {
    std::ifstream file(output_.path, std::ios::binary);
    char last = '\n';
    return !is_new_ && file.seekg(-1, std::ios::end) && file.get(last) && last != '\n';
  }

  [[nodiscard]] std::size_t size() const {
    struct stat status {};
    return fd_ >= 0 && ::fstat(fd_, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
  }

  /// Opening a FIFO would wait for a reader; without rights to its directory a file is not rotated.
  void check_target() const {
    struct stat status {};
    auto const& path = output_.path;
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
      throw CutShort(0, fmt::format("expected a file, found {} at {}",
                                    S_ISDIR(status.st_mode) ? "a directory" : "a pipe or socket", path));
    }
    std::error_code none;
    auto const directory = std::filesystem::path(path).parent_path();
    if (output_.max_size != 0 && std::filesystem::is_directory(directory, none) &&
        ::access(directory.c_str(), W_OK | X_OK) != 0)
      throw CutShort(0,
                     fmt::format("expected a directory in which files can be renamed, found {}, which is not writable "
                                 "(or set max_size to 0B)",
                                 directory.string()));
  }

  config::LogOutput output_;
  int fd_ = -1;
  bool is_new_ = false;
  bool is_cut_ = false;     ///< what was written last is not the end of a line
  std::size_t opened_ = 0;  ///< how often
  std::optional<Clock::time_point> tried_;
  std::optional<Clock::time_point> tried_to_rotate_;  ///< in vain
  std::string why_not_rotated_;
  std::string why_closed_;
  std::unique_ptr<spdlog::sinks::basic_file_sink_st> file_;  ///< last: its handlers use the rest
};

}  // namespace

std::unique_ptr<LineSink> make_file_sink(config::LogOutput const& output) { return std::make_unique<FileSink>(output); }

}  // namespace gateway::log
