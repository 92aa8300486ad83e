// A client at the other end of a socket pair, which keeps all it hears.
#pragma once

#include <poll.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/io/unique_fd.h"

namespace gateway::harness {

/// One event of a stream. Comments and `retry` are left out.
struct HeardEvent {
  std::string event;
  std::string id;
  std::string data;
};

/// One answer of the gateway, as far as it has come.
struct HeardAnswer {
  int status = 0;
  std::string head;
  std::string body;  ///< of a stream: what is not an event yet
  bool is_stream = false;
  bool complete = false;
  std::vector<HeardEvent> events;

  /// The value of a header field; empty when it is absent. `name` in the gateway's spelling.
  [[nodiscard]] std::string field(std::string_view name) const;
};

class TestClient {
 public:
  /// Its own end of a socket pair; gives the gateway's. `window` is what the system keeps
  /// for a client that does not read.
  explicit TestClient(int window = 0);
  TestClient(TestClient&&) = default;
  TestClient& operator=(TestClient&&) = default;

  [[nodiscard]] io::UniqueFd take_gateway_end() { return std::move(gateway_end_); }

  /// Sends as much as goes now, and the rest as `pump` is called.
  void send(std::string_view bytes);
  /// Says that it will send no more.
  void half_close();
  /// Leaves. What it has not read resets the connection.
  void close() { end_.reset(); }
  /// Sends what could not go before, and takes what has come, unless it does not read.
  void pump();
  /// What `pump` waits for, as poll(2) takes it; a descriptor of -1 for nothing.
  [[nodiscard]] pollfd wants() const;

  [[nodiscard]] bool left() const { return !end_; }
  /// Whether the gateway has closed the connection.
  [[nodiscard]] bool closed() const { return closed_; }
  /// What was said that is no HTTP; empty as it should be.
  [[nodiscard]] std::string const& garbage() const { return garbage_; }

  bool reads = true;
  std::deque<HeardAnswer> answers;  ///< in the order of the requests; the last may be under way

 private:
  void parse();
  bool parse_head();
  bool parse_body();
  void cut_events(HeardAnswer& answer);

  io::UniqueFd end_;
  io::UniqueFd gateway_end_;
  std::string out_;
  bool half_closes_ = false;
  std::string in_;
  std::size_t body_left_ = 0;
  bool chunked_ = false;
  bool closed_ = false;
  std::string garbage_;
};

}  // namespace gateway::harness
