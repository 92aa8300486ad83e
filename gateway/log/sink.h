// Where lines go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/base/byte_queue.h"
#include "gateway/config/config.h"
#include "gateway/log/form.h"
#include "gateway/log/tail.h"

namespace gateway::log {

enum class LineKind : std::uint8_t {
  Event,
  Audit,      ///< written whatever the level
  ForPeople,  ///< no event, but lines for who is watching stderr
};

/// One line within a piece.
struct LineMark {
  std::uint32_t size = 0;  ///< with its line end
  config::LogLevel level = config::LogLevel::Info;
  LineKind kind = LineKind::Event;
  bool at_level = true;  ///< it was at least of gateway.log.level when it was written
};

/// Lines of one loop in one form.
struct LogPiece {
  /// The queue keeps its memory from piece to piece.
  explicit LogPiece(Form of = Form::Json) : form(of), bytes(128 * 1024) {}

  void clear() {
    bytes.consume(bytes.size());
    marks.clear();
  }

  Form form;
  ByteQueue bytes;
  std::vector<LineMark> marks;  ///< of all lines, in their order
};

/// A form in which a sink wants lines, and which ones.
struct Wanted {
  Form form = Form::Json;
  /// The lowest level that an output has of its own.
  std::optional<config::LogLevel> level{};
  /// An output has none: it follows gateway.log.level.
  bool follows = true;
  /// An output is stderr, which people may be watching.
  bool is_watched = false;
};

/// Takes the lines of every Log. Owned by the program's root; outlives every Log.
class LogSink {
 public:
  /// Each form once.
  [[nodiscard]] virtual std::vector<Wanted> wanted() const = 0;

  /// Takes the content of `piece`, which comes back empty, often with memory to fill anew. From any thread.
  virtual void write(LogPiece& piece) = 0;

  /// The last lines, for the status page; also from any thread.
  [[nodiscard]] LogTail& tail() { return tail_; }

 protected:
  ~LogSink() = default;

 private:
  LogTail tail_;
};

}  // namespace gateway::log
