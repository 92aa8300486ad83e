// The floor: the least an SSE gateway over one shared child can do, as a measure for the one that
// does it all. One thread on raw epoll; the id is swapped by text search and nothing is checked: it
// trusts its clients and its child. What a turn of the loop has for the child leaves in one write;
// each event for a client is a write of its own.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::string_view kAccepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

int must(int result, char const* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(1);
}

/// The number behind `name`; 0 when there is none.
std::size_t number_after(std::string_view text, std::string_view name) {
  auto const at = text.find(name);
  return at == text.npos ? 0 : std::strtoul(text.data() + at + name.size(), nullptr, 10);
}

/// The first id in the text, as it stands there; empty in a notification.
std::string_view id_in(std::string_view message) {
  constexpr std::string_view kId = R"("id":)";
  auto const at = message.find(kId);
  if (at == message.npos) return {};
  auto const value = message.substr(at + kId.size());
  return value.substr(0, value.find_first_of(",}"));
}

/// Bytes its descriptor has not taken yet.
struct Outbox {
  std::string bytes;
  std::size_t sent = 0;
};

/// A client's connection: an event stream, or one that posts.
struct Connection {
  std::string in;  ///< a request that has not come whole
  Outbox out;
  std::size_t session = 0;  ///< of a stream
};

/// Who waits for an answer of the child. The call's place in the table is its id at the child.
struct Call {
  std::size_t session;
  std::string client_id;
};

class Floor {
 public:
  Floor(std::uint16_t port, char** command) : epoll_(must(::epoll_create1(EPOLL_CLOEXEC), "epoll")) {
    start_listening(port);
    start_child(command);
  }

  /// Until the child is gone.
  void run() {
    std::array<epoll_event, 256> ready{};
    while (child_lives_) {
      int const count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) on_ready(ready[static_cast<std::size_t>(i)]);
      if (!for_child_.empty()) put(child_in_, child_box_, for_child_);
      for_child_.clear();
    }
  }

 private:
  void start_listening(std::uint16_t port) {
    listener_ = must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    int const on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
    must(::listen(listener_, 4096), "listen");
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  }

  void start_child(char** command) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    must(::pipe2(to.data(), O_CLOEXEC), "pipe");
    must(::pipe2(from.data(), O_CLOEXEC), "pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    pid_t pid = 0;
    must(-::posix_spawnp(&pid, command[0], &actions, nullptr, command, environ), "start the child");
    posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
    child_in_ = to[1];
    child_out_ = from[0];
    ::fcntl(child_in_, F_SETFL, O_NONBLOCK);
    watch(EPOLL_CTL_ADD, child_in_, 0);
    watch(EPOLL_CTL_ADD, child_out_, EPOLLIN);
  }

  void watch(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  void on_ready(epoll_event const& event) {
    int const fd = event.data.fd;
    if (fd == listener_) return accept_one();
    if (fd == child_out_) return read_child();
    if (fd == child_in_) return put_waiting(child_in_, child_box_);
    auto* const connection = connections_[static_cast<std::size_t>(fd)].get();
    if (connection == nullptr) return;  // closed earlier in this turn
    if ((event.events & EPOLLOUT) != 0) put_waiting(fd, connection->out);
    if ((event.events & ~EPOLLOUT) != 0) read_client(fd, *connection);
  }

  void accept_one() {
    int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto const place = static_cast<std::size_t>(fd);
    if (place >= connections_.size()) connections_.resize(place + 1);
    connections_[place] = std::make_unique<Connection>();
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }

  // ── from clients ───────────────────────────────────────────────────────────

  void read_client(int fd, Connection& connection) {
    ssize_t const got = ::read(fd, block_.data(), block_.size());
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      ::close(fd);
      streams_[connection.session] = -1;
      connections_[static_cast<std::size_t>(fd)].reset();
      return;
    }
    std::string_view const bytes{block_.data(), static_cast<std::size_t>(got)};
    if (connection.in.empty()) {
      connection.in.assign(bytes.substr(serve(fd, connection, bytes)));
    } else {
      connection.in.append(bytes);
      connection.in.erase(0, serve(fd, connection, connection.in));
    }
  }

  /// Serves the requests that are whole; how many bytes they took.
  std::size_t serve(int fd, Connection& connection, std::string_view bytes) {
    std::size_t used = 0;
    for (;;) {
      auto const rest = bytes.substr(used);
      auto const end = rest.find("\r\n\r\n");
      if (end == rest.npos) return used;
      auto const head = rest.substr(0, end);
      auto const length = number_after(head, "Content-Length: ");
      if (rest.size() < end + 4 + length) return used;
      used += end + 4 + length;
      on_request(fd, connection, head, rest.substr(end + 4, length));
    }
  }

  void on_request(int fd, Connection& connection, std::string_view head, std::string_view body) {
    if (head.starts_with("GET")) {
      connection.session = streams_.size();
      streams_.push_back(fd);
      auto const endpoint = "event: endpoint\ndata: /messages?sessionId=" + std::to_string(connection.session) + "\n\n";
      return put(fd, connection.out, std::string(kStream) + endpoint);
    }
    put(fd, connection.out, kAccepted);
    auto const id = id_in(body);
    auto const before_id = id.empty() ? body.size() : static_cast<std::size_t>(id.data() - body.data());
    for_child_.append(body.substr(0, before_id));
    if (!id.empty()) {
      auto const place = place_for({number_after(head, "sessionId="), std::string(id)});
      for_child_.append(std::to_string(place));
      for_child_.append(body.substr(before_id + id.size()));
    }
    for_child_.push_back('\n');
  }

  std::size_t place_for(Call call) {
    if (free_.empty()) {
      free_.push_back(calls_.size());
      calls_.emplace_back();
    }
    auto const place = free_.back();
    free_.pop_back();
    calls_[place] = std::move(call);
    return place;
  }

  // ── from the child ─────────────────────────────────────────────────────────

  void read_child() {
    ssize_t const got = ::read(child_out_, block_.data(), block_.size());
    if (got <= 0) {
      child_lives_ = false;
      return;
    }
    std::string_view bytes{block_.data(), static_cast<std::size_t>(got)};
    for (std::size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
      if (line_.empty()) {
        on_answer(bytes.substr(0, end));
      } else {
        on_answer(line_.append(bytes.substr(0, end)));
        line_.clear();
      }
    }
    line_.append(bytes);
  }

  void on_answer(std::string_view line) {
    auto const id = id_in(line);
    if (id.empty()) return;
    auto const place = std::strtoul(id.data(), nullptr, 10);
    auto const& call = calls_[place];
    free_.push_back(place);
    int const stream = streams_[call.session];
    if (stream < 0) return;
    auto const before_id = static_cast<std::size_t>(id.data() - line.data());
    event_.assign("data: ").append(line.substr(0, before_id)).append(call.client_id);
    event_.append(line.substr(before_id + id.size())).append("\n\n");
    put(stream, connections_[static_cast<std::size_t>(stream)]->out, event_);
  }

  // ── writing ────────────────────────────────────────────────────────────────

  /// Writes at once; what the descriptor does not take waits until it does.
  void put(int fd, Outbox& box, std::string_view bytes) {
    if (box.bytes.empty()) {
      bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(::write(fd, bytes.data(), bytes.size()), 0)));
      if (bytes.empty()) return;
      watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
    }
    if (box.sent > box.bytes.size() / 2) {
      box.bytes.erase(0, box.sent);
      box.sent = 0;
    }
    box.bytes.append(bytes);
  }

  void put_waiting(int fd, Outbox& box) {
    auto const bytes = std::string_view(box.bytes).substr(box.sent);
    ssize_t const sent = ::write(fd, bytes.data(), bytes.size());
    if (sent > 0) box.sent += static_cast<std::size_t>(sent);
    if (box.sent < box.bytes.size()) return;
    box = {};
    watch(EPOLL_CTL_MOD, fd, EPOLLIN);
  }

  int epoll_;
  int listener_ = -1;
  int child_in_ = -1;
  int child_out_ = -1;
  bool child_lives_ = true;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by descriptor
  std::vector<int> streams_{-1};                          ///< by session, never given twice; -1 is gone
  std::vector<Call> calls_;
  std::vector<std::size_t> free_;  ///< places in calls_
  std::string for_child_;          ///< what this turn has for the child
  Outbox child_box_;               ///< what the child's pipe has not taken
  std::string line_;               ///< the front of a line of the child that has not come whole
  std::string event_;
  std::array<char, kBlock> block_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bench-floor PORT COMMAND [ARG...]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto const floor = std::make_unique<Floor>(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)), argv + 2);
  floor->run();
}
