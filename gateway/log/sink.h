// Where lines go.
#pragma once

#include <cstddef>

#include "gateway/base/byte_queue.h"
#include "gateway/log/tail.h"

namespace gateway::log {

/// Takes the lines of every Log. Owned by the program's root; outlives every Log.
class LogSink {
 public:
  /// A queue to gather lines in: it keeps its memory from piece to piece.
  [[nodiscard]] static ByteQueue new_piece() { return ByteQueue(128 * 1024); }

  /// Takes the content of `piece`: `lines` whole lines with their ends. `piece`
  /// comes back empty, often with memory to fill anew. From any thread.
  virtual void write(ByteQueue& piece, std::size_t lines) = 0;

  /// The last lines, for who asks; also from any thread.
  [[nodiscard]] LogTail& tail() { return tail_; }

 protected:
  ~LogSink() = default;

 private:
  LogTail tail_;
};

}  // namespace gateway::log
