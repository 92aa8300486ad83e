// All sessions of a run, and the loop that turns them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/session.h"
#include "bench/load/tally.h"

namespace bench {

class Load {
 public:
  explicit Load(Options options);

  void run();
  /// One line of JSON.
  [[nodiscard]] std::string report() const;
  [[nodiscard]] bool all_right() const;

 private:
  void begin_sessions();
  void measure(Seconds limit);
  void await_answers();
  [[nodiscard]] bool are_over() const;
  template <typename Done>
  void turn_until(Seconds limit, Done done);

  Options options_;
  int epoll_;
  Tally tally_;
  double cpu_seconds_ = 0;  ///< of the server, while it was measured
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<char> block_ = std::vector<char>(256 * 1024);
};

}  // namespace bench
