// stdin and stdout of this process, as lines.
#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/io/child_pipes.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/watch.h"
#include "gateway/rpc/line_framer.h"

namespace gateway::remote {

/// Reads as the client writes, and writes as the client reads: while much waits to be written, `is_full` says so and
/// nothing is read. Pipes, sockets, terminals and files all do. Owned by the bridge.
class Stdio final : private io::Watch::Listener, private io::InputPipe::Listener {
 public:
  class Listener {
   public:
    virtual void on_line(rpc::LineFramer::Line const& line) = 0;
    /// stdin has ended; or nobody reads stdout any more.
    virtual void on_input_end() = 0;
    virtual void on_output_broken() = 0;
    /// Much waits to be written, or does no more.
    virtual void on_full(bool is_full) = 0;

   protected:
    ~Listener() = default;
  };

  Stdio(io::EventLoop& loop, std::size_t max_line, Listener& listener);
  ~Stdio();
  Stdio(Stdio const&) = delete;
  Stdio& operator=(Stdio const&) = delete;

  void write_line(std::string_view line);
  [[nodiscard]] bool is_flushed() const { return output_.queued() == 0; }
  /// Reads no more.
  void stop_reading();

 private:
  void on_ready(io::Watch::For what) override;
  void on_broken() override;
  void read_once();
  void take(std::string_view bytes);
  void end_input();
  void look_whether_full();

  io::EventLoop& loop_;
  Listener& listener_;
  rpc::LineFramer framer_;
  int output_flags_;
  io::InputPipe output_;
  io::Watch readable_;
  io::Timer next_read_;  ///< of a file, which is always readable and cannot be watched
  io::Timer look_again_;
  bool is_file_ = false;
  bool full_ = false;
  bool ended_ = false;
};

}  // namespace gateway::remote
