// All sessions of a run, and the loop that turns them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/session.h"
#include "bench/load/tally.h"
#include "gateway/io/tls_trust.h"

namespace bench {

class Load {
 public:
  explicit Load(Options options);

  void run();
  /// One line of JSON.
  [[nodiscard]] std::string report() const;
  [[nodiscard]] bool all_right() const;

 private:
  using Sessions = std::span<std::unique_ptr<Session>>;

  void run_for_a_time();
  void run_idle();
  void run_calls();
  void begin_sessions();
  void measure(Seconds limit);
  void await_answers();
  /// Not all at once: a client that idles has one connection, but begins with two.
  template <typename Do>
  void in_waves(Do wave);
  template <typename Done>
  void turn_until(Seconds limit, Done done);
  void let_slow_ones_read();

  Options options_;
  int epoll_;
  gateway::io::TlsContext tls_;  ///< null without TLS
  Tally tally_;
  double cpu_seconds_ = 0;          ///< of the server, while it was measured
  std::size_t resident_bytes_ = 0;  ///< of the server, at the end of that
  std::vector<std::unique_ptr<Session>> sessions_;
  Clock::time_point next_slow_read_;
  std::vector<char> block_ = std::vector<char>(256 * 1024);
};

}  // namespace bench
