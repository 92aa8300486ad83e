// A stdio MCP server that answers at once, for tests and load: what the gateway costs is not hidden
// behind what its child costs. Arguments come back as the bytes that arrived, so a test can compare.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 256 * 1024;
constexpr std::uint64_t kMaxSleepMs = 24ULL * 3600 * 1000;
constexpr std::uint64_t kMaxBig = 1ULL << 30;

constexpr std::string_view kInitialized = R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
                                          R"("serverInfo":{"name":"mcp-echo","version":"1.0.0"}})";

constexpr std::string_view kTools =
    R"({"tools":[)"
    R"({"name":"echo","description":"Gives the text back, byte for byte.","inputSchema":)"
    R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}},)"
    R"({"name":"sleep","description":"Answers after ms milliseconds; other calls go on.","inputSchema":)"
    R"({"type":"object","properties":{"ms":{"type":"integer"}},"required":["ms"]}},)"
    R"({"name":"big","description":"Answers with a text of that many bytes.","inputSchema":)"
    R"({"type":"object","properties":{"bytes":{"type":"integer"}},"required":["bytes"]}}]})";

/// Walks over JSON text without building anything. It trusts that the text is JSON, but whatever the
/// text is, it never reads past its end: what is cut off in the middle has no value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// True, and past it, when `c` is the next thing that is not white space.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// The next value as it stands in the text, strings with their quotes.
  std::optional<std::string_view> value() {
    skip_space();
    std::size_t const start = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return std::nullopt;
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return std::nullopt;
        --depth;
        ++at_;
      } else if (depth > 0) {
        ++at_;
        continue;
      } else if (!skip_word()) {
        return std::nullopt;
      }
      if (depth == 0) return text_.substr(start, at_ - start);
    }
    return std::nullopt;
  }

 private:
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool skip_word() {
    std::size_t const start = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n,:]}", at_), text_.size());
    return at_ > start;
  }

  // A quote ends the string when an even number of backslashes stands before it.
  bool skip_string() {
    std::size_t const start = at_;
    for (;;) {
      std::size_t const quote = text_.find('"', at_ + 1);
      if (quote == std::string_view::npos) return false;
      std::size_t before = quote;
      while (before - 1 > start && text_[before - 1] == '\\') --before;
      at_ = quote;
      if ((quote - before) % 2 == 0) break;
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Calls `visit(name, value)` for each member; false when the text is not an object.
template <typename Visit>
bool for_each_member(std::string_view object, Visit visit) {
  Scanner scanner{object};
  if (!scanner.take('{')) return false;
  if (scanner.take('}')) return true;
  do {
    auto const name = scanner.value();
    if (!name || name->size() < 2 || name->front() != '"' || !scanner.take(':')) return false;
    auto const value = scanner.value();
    if (!value) return false;
    visit(name->substr(1, name->size() - 2), *value);
  } while (scanner.take(','));
  return scanner.take('}');
}

/// The value of a member, empty when there is none. Of two with one name the last counts.
std::string_view member(std::string_view object, std::string_view wanted) {
  std::string_view found;
  for_each_member(object, [&](std::string_view name, std::string_view value) {
    if (name == wanted) found = value;
  });
  return found;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  std::uint64_t parsed = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size() || parsed > most) return std::nullopt;
  return parsed;
}

/// The protocol: lines in, answers appended to `out`, and the calls that are still asleep.
class EchoServer {
 public:
  void handle(std::string_view line) {
    std::string_view id;
    std::string_view method;
    std::string_view params;
    bool const is_object = for_each_member(line, [&](std::string_view name, std::string_view value) {
      if (name == "id") id = value;
      if (name == "method") method = value;
      if (name == "params") params = value;
    });
    if (!is_object) return fail("null", "-32700", "not a JSON object");
    if (method == R"("notifications/cancelled")") return forget(member(params, "requestId"));
    if (id.empty() || method.empty()) return;  // another notification, or an answer: nothing to say
    if (method == R"("tools/call")") return call(id, params);
    if (method == R"("tools/list")") return answer(id, kTools);
    if (method == R"("ping")") return answer(id, "{}");
    if (method == R"("initialize")") return answer(id, kInitialized);
    fail(id, "-32601", "method not found");
  }

  /// Answers the calls whose time has come.
  void wake(Clock::time_point now) {
    std::erase_if(asleep_, [&](Sleeper const& sleeper) {
      if (sleeper.until > now) return false;
      answer_text(sleeper.id, R"("slept")");
      return true;
    });
  }

  /// How long poll may wait for input: -1 is for ever.
  [[nodiscard]] int poll_timeout(Clock::time_point now) const {
    if (asleep_.empty()) return -1;
    auto const first = std::min_element(asleep_.begin(), asleep_.end(),
                                        [](auto const& a, auto const& b) { return a.until < b.until; });
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(first->until - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, static_cast<std::int64_t>(kMaxSleepMs)));
  }

  /// Writes all answers at once; false when nobody reads them any more.
  bool flush() {
    std::string_view left = out_;
    while (!left.empty()) {
      ssize_t const written = ::write(STDOUT_FILENO, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    out_.clear();
    return true;
  }

 private:
  struct Sleeper {
    Clock::time_point until;
    std::string id;
  };

  void call(std::string_view id, std::string_view params) {
    std::string_view const tool = member(params, "name");
    std::string_view const arguments = member(params, "arguments");
    if (tool == R"("echo")") {
      std::string_view const text = member(arguments, "text");
      if (text.empty() || text.front() != '"') return fail(id, "-32602", "echo needs a string 'text'");
      return answer_text(id, text);
    }
    if (tool == R"("big")") {
      auto const bytes = number(member(arguments, "bytes"), kMaxBig);
      if (!bytes) return fail(id, "-32602", "big needs 'bytes', 0 to 2^30");
      return answer_text(id, '"' + std::string(*bytes, 'x') + '"');
    }
    if (tool == R"("sleep")") {
      auto const ms = number(member(arguments, "ms"), kMaxSleepMs);
      if (!ms) return fail(id, "-32602", "sleep needs 'ms', at most a day");
      asleep_.push_back({Clock::now() + std::chrono::milliseconds(*ms), std::string(id)});
      return;
    }
    fail(id, "-32602", "unknown tool");
  }

  void forget(std::string_view id) {
    std::erase_if(asleep_, [&](Sleeper const& sleeper) { return sleeper.id == id; });
  }

  void answer(std::string_view id, std::string_view result) {
    out_.append(R"({"jsonrpc":"2.0","id":)").append(id);
    out_.append(R"(,"result":)").append(result).append("}\n");
  }

  void answer_text(std::string_view id, std::string_view json_string) {
    out_.append(R"({"jsonrpc":"2.0","id":)").append(id);
    out_.append(R"(,"result":{"content":[{"type":"text","text":)").append(json_string).append("}]}}\n");
  }

  void fail(std::string_view id, std::string_view code, std::string_view why) {
    out_.append(R"({"jsonrpc":"2.0","id":)").append(id);
    out_.append(R"(,"error":{"code":)").append(code);
    out_.append(R"(,"message":")").append(why).append("\"}}\n");
  }

  std::string out_;
  std::vector<Sleeper> asleep_;
};

/// Bytes from stdin, cut into lines. What was already searched for a newline is not searched again,
/// so that a line of 50 MB costs its length once.
class LineReader {
 public:
  /// Reads one block and hands over each line that is now whole; false at the end of stdin.
  bool read_block(EchoServer& server) {
    if (buffer_.size() < size_ + kBlock) buffer_.resize(std::max(buffer_.size() * 2, size_ + kBlock));
    ssize_t const got = ::read(STDIN_FILENO, buffer_.data() + size_, buffer_.size() - size_);
    if (got <= 0) return got < 0 && errno == EINTR;
    std::size_t searched = size_;
    size_ += static_cast<std::size_t>(got);

    std::string_view const all{buffer_.data(), size_};
    std::size_t start = 0;
    for (std::size_t end; (end = all.find('\n', searched)) != all.npos; start = searched = end + 1) {
      std::string_view const line = all.substr(start, end - start);
      if (line.find_first_not_of(" \t\r") != line.npos) server.handle(line);
    }
    size_ -= start;
    std::memmove(buffer_.data(), buffer_.data() + start, size_);
    return true;
  }

 private:
  std::string buffer_;
  std::size_t size_ = 0;
};

}  // namespace

int main() {
  EchoServer server;
  LineReader reader;
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    int const ready = ::poll(&input, 1, server.poll_timeout(Clock::now()));
    if (ready < 0 && errno != EINTR) return 1;
    bool const is_open = ready <= 0 || reader.read_block(server);
    server.wake(Clock::now());
    if (!server.flush()) return 1;
    if (!is_open) return 0;
  }
}
