// Closed-loop load on an MCP server behind HTTP: N sessions, each sends its next call when its last
// was answered. Every answer is checked; a wrong one is an error and not a call. All sessions use the
// same ids, and each call carries a text no other does, so that an answer in wrong hands is seen.
// Prints one line of JSON.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/reply_reader.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kPatience{10};  ///< until all sessions have begun

enum class Transport { Sse, Http };
enum class Mode {
  Steady,  ///< sessions stay, and call without pause
  Churn,   ///< connect, initialize, one call, close; and again
};

struct Options {
  std::uint16_t port = 0;
  std::string path;
  Transport transport = Transport::Sse;
  Mode mode = Mode::Steady;
  std::string tool = "echo";
  std::size_t sessions = 64;
  std::size_t payload = 32;
  std::size_t result = 0;
  double seconds = 3;
  double warmup = 1;
  int pid = 0;
};

/// What was measured. Counts only while it is told that it is time.
class Tally {
 public:
  void call(Clock::duration took) {
    if (!measuring_) return;
    took_.push_back(static_cast<std::uint32_t>(std::chrono::nanoseconds(took).count() / 100));
  }
  void error(std::string_view what) {
    if (++errors_ <= 3) fmt::print(stderr, "bench-load: {}\n", what.substr(0, 300));
  }

  void begin() {
    measuring_ = true;
    from_ = Clock::now();
  }
  void end() {
    measuring_ = false;
    until_ = Clock::now();
    std::sort(took_.begin(), took_.end());
  }

  [[nodiscard]] bool measuring() const { return measuring_; }
  [[nodiscard]] Clock::time_point from() const { return from_; }
  [[nodiscard]] double seconds() const { return Seconds(until_ - from_).count(); }
  [[nodiscard]] std::size_t calls() const { return took_.size(); }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] double percentile_us(double part) const {
    if (took_.empty()) return 0;
    return took_[std::min(took_.size() - 1,
                          static_cast<std::size_t>(part * static_cast<double>(took_.size())))] /
           10.0;
  }

 private:
  bool measuring_ = false;
  Clock::time_point from_;
  Clock::time_point until_;
  std::vector<std::uint32_t> took_;  ///< tenths of a microsecond
  std::size_t errors_ = 0;
};

/// One connection to the server: what is sent leaves at once as far as it can. Owned by its session,
/// which may close it and open it anew.
class Connection {
 public:
  class Owner : public ReplyReader::Handler {
   public:
    /// All that came was read. Here the connection may be closed.
    virtual void on_read() = 0;
    virtual void on_lost() = 0;

   protected:
    ~Owner() = default;
  };

  Connection(int epoll, std::uint16_t port, Owner& owner) : epoll_(epoll), port_(port), owner_(owner) {
    reader_.emplace(owner);
  }
  ~Connection() { close(); }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  /// False when the server is not there. `source` spreads short connections over
  /// addresses, so that ports do not run out.
  bool open(std::uint8_t source) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    auto const from = address(INADDR_LOOPBACK + source, 0);
    ::bind(fd_, reinterpret_cast<sockaddr const*>(&from), sizeof from);
    auto const to = address(INADDR_LOOPBACK, port_);
    if (::connect(fd_, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) return false;
    watch(EPOLL_CTL_ADD, EPOLLIN);
    return true;
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    out_.clear();
    sent_ = 0;
    reader_.emplace(owner_);
  }

  void send(std::string_view head, std::string_view body) {
    out_.append(head).append(body);
    send_waiting();
    if (!out_.empty()) watch(EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }

  void on_ready(std::uint32_t events, std::vector<char>& block) {
    if (fd_ < 0) return;  // closed earlier in this turn
    if ((events & EPOLLOUT) != 0) {
      send_waiting();
      if (out_.empty()) watch(EPOLL_CTL_MOD, EPOLLIN);
    }
    if ((events & ~EPOLLOUT) == 0) return;
    auto const got = ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || !reader_->read({block.data(), static_cast<std::size_t>(got)})) return owner_.on_lost();
    owner_.on_read();
  }

 private:
  static sockaddr_in address(std::uint32_t host, std::uint16_t port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    made.sin_addr.s_addr = htonl(host);
    return made;
  }

  void watch(int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    ::epoll_ctl(epoll_, operation, fd_, &event);
  }

  void send_waiting() {
    auto const sent = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
    if (sent_ < out_.size()) return;
    out_.clear();
    sent_ = 0;
  }

  int epoll_;
  std::uint16_t port_;
  Owner& owner_;
  int fd_ = -1;
  std::optional<ReplyReader> reader_;
  std::string out_;
  std::size_t sent_ = 0;
};

/// The value behind `name`, white space skipped; empty when the name is not there.
std::string_view value_of(std::string_view message, std::string_view name) {
  auto const at = message.find(name);
  if (at == message.npos) return {};
  auto const value = message.substr(at + name.size());
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

/// One client, from its connect to its close. Owned by the load, for the whole run.
class Session final : private Connection::Owner {
 public:
  Session(Options const& options, Tally& tally, int epoll, std::size_t number)
      : options_(options),
        tally_(tally),
        number_(number),
        stream_(epoll, options.port, *this),
        post_(epoll, options.port, *this) {}

  void begin() {
    began_ = Clock::now();
    step_ = Step::Opening;
    next_id_ = 1;
    server_session_.clear();
    path_ = options_.path;
    auto const is_sse = options_.transport == Transport::Sse;
    auto const source = static_cast<std::uint8_t>(options_.mode == Mode::Churn ? 1 + lives_ % 16 : 0);
    if (!post_.open(source) || (is_sse && !stream_.open(source))) return on_lost();
    waits_for_answer_ = is_sse;
    if (!is_sse) return go_on();
    stream_.send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: text/event-stream\r\n\r\n",
                             path_, options_.port),
                 "");
  }

  /// Connected and initialized, or never to be.
  [[nodiscard]] bool has_begun() const { return step_ >= Step::Calling || lives_ > 0; }
  [[nodiscard]] bool is_lost() const { return step_ == Step::Lost; }
  /// Since when it waits for an answer.
  [[nodiscard]] Clock::time_point waits_since() const { return asked_; }

 private:
  enum class Step { Opening, Initializing, Announcing, Calling, Leaving, Lost };

  // ── what comes ─────────────────────────────────────────────────────────────

  void on_text(std::string_view event, std::string_view text) override {
    if (event == "endpoint") return take_endpoint(text);
    if (!value_of(text, R"("method":)").empty() && value_of(text, R"("result":)").empty())
      return;  // not an answer
    if (!waits_for_answer_ || !is_answer(text)) {
      return tally_.error(
          fmt::format("session {} wants the answer to {} and got: {}", number_, expected_, text));
    }
    waits_for_answer_ = false;
    took_ = Clock::now() - (options_.mode == Mode::Churn ? began_ : asked_);
  }

  void on_response_end(ReplyReader::Head const& head) override {
    waits_for_accept_ = false;
    is_refused_ = head.status / 100 != 2;
    if (!head.session.empty()) server_session_ = fmt::format("Mcp-Session-Id: {}\r\n", head.session);
    if (is_refused_) tally_.error(fmt::format("session {} was refused with {}", number_, head.status));
  }

  void on_read() override {
    if (is_refused_) return lose();
    if (!waits_for_accept_ && !waits_for_answer_) go_on();
  }

  void on_lost() override {
    tally_.error(fmt::format("session {} lost its connection", number_));
    lose();
  }

  void lose() {
    step_ = Step::Lost;
    stream_.close();
    post_.close();
  }

  /// Absolute, by path, or relative to the path of the stream.
  void take_endpoint(std::string_view reference) {
    if (auto const scheme = reference.find("://"); scheme != reference.npos) {
      reference.remove_prefix(std::min(reference.find('/', scheme + 3), reference.size()));
    }
    auto const folder = reference.starts_with('/') ? 0 : options_.path.rfind('/') + 1;
    path_ = options_.path.substr(0, folder).append(reference);
    waits_for_answer_ = false;
  }

  [[nodiscard]] bool is_answer(std::string_view text) const {
    auto const id = value_of(text, R"("id":)");
    auto const right_id =
        id.starts_with(id_text_) && id.size() > id_text_.size() && !std::isdigit(id[id_text_.size()]);
    auto const name = step_ == Step::Initializing ? R"("serverInfo":)" : R"("text":)";
    return right_id && value_of(text, name).starts_with(expected_);
  }

  // ── what is sent ───────────────────────────────────────────────────────────

  void go_on() {
    switch (step_) {
      case Step::Opening:
        return initialize();
      case Step::Initializing:
        return announce();
      case Step::Announcing:
        return call();
      case Step::Calling:
        if (options_.mode == Mode::Churn) return leave();
        tally_.call(took_);
        return call();
      case Step::Leaving:
        return begin_again();
      case Step::Lost:
        return;
    }
  }

  void initialize() {
    step_ = Step::Initializing;
    expected_ = "{";
    ask("initialize",
        R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench-load","version":"1"}})");
  }

  void announce() {
    step_ = Step::Announcing;
    if (options_.transport == Transport::Http) server_session_.append("MCP-Protocol-Version: 2025-06-18\r\n");
    post("POST", R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  }

  void call() {
    step_ = Step::Calling;
    if (options_.result > 0) {
      auto const bytes = options_.result + (number_ * 131 + next_id_) % 997;
      expected_.assign(1, '"').append(bytes, 'x').push_back('"');
      return ask("tools/call", fmt::format(R"({{"name":"big","arguments":{{"bytes":{}}}}})", bytes));
    }
    expected_ = fmt::format("\"{}-{}-{}-", number_, lives_, next_id_);
    if (expected_.size() < options_.payload + 1) expected_.resize(options_.payload + 1, 'x');
    expected_.push_back('"');
    ask("tools/call", fmt::format(R"({{"name":"{}","arguments":{{"text":{}}}}})", options_.tool, expected_));
  }

  void leave() {
    step_ = Step::Leaving;
    tally_.call(took_);
    if (options_.transport == Transport::Sse) return begin_again();
    post("DELETE", "");
  }

  void begin_again() {
    stream_.close();
    post_.close();
    ++lives_;
    begin();
  }

  void ask(std::string_view method, std::string_view params) {
    id_text_ = fmt::to_string(next_id_++);
    waits_for_answer_ = true;
    asked_ = Clock::now();
    post("POST",
         fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id_text_, method, params));
  }

  void post(std::string_view method, std::string_view body) {
    waits_for_accept_ = true;
    post_.send(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                           "Accept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n",
                           method, path_, options_.port, server_session_, body.size()),
               body);
  }

  Options const& options_;
  Tally& tally_;
  std::size_t number_;
  std::size_t lives_ = 0;
  Step step_ = Step::Opening;
  bool waits_for_accept_ = false;  ///< for the response to its POST
  bool waits_for_answer_ = false;
  bool is_refused_ = false;
  std::uint64_t next_id_ = 1;
  std::string id_text_;
  std::string expected_;  ///< how the answer's text begins, and where that matters ends
  std::string path_;
  std::string server_session_;  ///< header lines
  Clock::time_point began_;
  Clock::time_point asked_;
  Clock::duration took_{};
  Connection stream_;
  Connection post_;
};

/// User and system time of all threads of a process.
double cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string all(std::istreambuf_iterator<char>(file), {});
  // The name may hold blanks and parentheses; behind it the fields are counted from the third.
  std::istringstream fields(all.substr(std::min(all.rfind(')') + 1, all.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < options_.sessions; ++i) {
      sessions_.push_back(std::make_unique<Session>(options_, tally_, epoll_, i));
    }
  }

  void run() {
    for (auto& session : sessions_) session->begin();
    turn_until(kPatience,
               [&] { return std::ranges::all_of(sessions_, [](auto const& s) { return s->has_begun(); }); });
    turn_until(Seconds(options_.warmup), [] { return false; });
    auto const cpu_before = cpu_seconds(options_.pid);
    tally_.begin();
    turn_until(Seconds(options_.seconds), [&] { return lost() == sessions_.size(); });
    tally_.end();
    cpu_ = cpu_seconds(options_.pid) - cpu_before;
    for (auto const& session : sessions_) {
      if (!session->is_lost() && session->waits_since() < tally_.from())
        tally_.error("a session waits without end");
    }
  }

  void print() const {
    auto const calls = static_cast<double>(tally_.calls());
    fmt::print(
        R"({{"transport":"{}","mode":"{}","sessions":{},"payload":{},"result":{},"seconds":{:.3f},"calls":{},)"
        R"("calls_per_second":{:.1f},"p50_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},"errors":{},)"
        R"("cpu_seconds_per_call":{:.9f}}})"
        "\n",
        options_.transport == Transport::Sse ? "sse" : "http",
        options_.mode == Mode::Steady ? "steady" : "churn", options_.sessions, options_.payload,
        options_.result, tally_.seconds(), tally_.calls(), calls / tally_.seconds(),
        tally_.percentile_us(0.5), tally_.percentile_us(0.99), tally_.percentile_us(0.999), tally_.errors(),
        options_.pid > 0 && calls > 0 ? cpu_ / calls : 0.0);
  }

  [[nodiscard]] bool all_right() const { return tally_.calls() > 0 && tally_.errors() == 0; }

 private:
  template <typename Done>
  void turn_until(Seconds limit, Done done) {
    auto const end = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
    std::array<epoll_event, 512> ready{};
    while (Clock::now() < end && !done()) {
      auto const count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 20);
      for (int i = 0; i < count; ++i) {
        auto const& event = ready[static_cast<std::size_t>(i)];
        static_cast<Connection*>(event.data.ptr)->on_ready(event.events, block_);
      }
    }
  }

  [[nodiscard]] std::size_t lost() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sessions_, [](auto const& s) { return s->is_lost(); }));
  }

  Options options_;
  int epoll_;
  Tally tally_;
  double cpu_ = 0;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<char> block_ = std::vector<char>(256 * 1024);
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  Options options;
  std::map<std::string, Transport> const transports{{"sse", Transport::Sse}, {"http", Transport::Http}};
  std::map<std::string, Mode> const modes{{"steady", Mode::Steady}, {"churn", Mode::Churn}};

  CLI::App app{"Closed-loop load on an MCP server; prints one line of JSON. Fails when an answer was wrong."};
  app.add_option("--port", options.port, "Port on 127.0.0.1")->required();
  app.add_option("--path", options.path, "Path of the endpoint: /NAME/sse, /NAME/mcp")->required();
  app.add_option("--transport", options.transport, "sse or http")
      ->transform(CLI::CheckedTransformer(transports));
  app.add_option("--mode", options.mode, "steady or churn")->transform(CLI::CheckedTransformer(modes));
  app.add_option("--tool", options.tool, "The tool that gives its text back")->capture_default_str();
  app.add_option("--sessions", options.sessions, "Sessions at once")->capture_default_str();
  app.add_option("--payload", options.payload, "Bytes of text a call carries")->capture_default_str();
  app.add_option("--result", options.result,
                 "Call the tool 'big' instead, for results of about so many bytes");
  app.add_option("--seconds", options.seconds, "Measured time")->capture_default_str();
  app.add_option("--warmup", options.warmup, "Time before, not measured")->capture_default_str();
  app.add_option("--pid", options.pid, "The server's process, for its CPU time");
  CLI11_PARSE(app, argc, argv);

  Load load{options};
  load.run();
  load.print();
  return load.all_right() ? 0 : 1;
}
