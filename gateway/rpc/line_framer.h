// Cuts a child's stdout into lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"

namespace gateway::rpc {

/// Finds lines in bytes that come in any portions. A line that is whole within
/// one portion is given without a copy. A line longer than the limit is
/// dropped up to its end; its first and last bytes are given so that the call it
/// answers can be told. A byte order mark before the first line is dropped.
class LineFramer {
 public:
  explicit LineFramer(std::size_t max_line) : max_line_(max_line) {}

  struct Line {
    std::string_view text;       ///< without its line end; valid until the next call
    bool oversized = false;      ///< `text` is only the front of a line over the limit
    std::string_view back = {};  ///< then: its last bytes, valid as long
    std::size_t bytes = 0;       ///< of the whole line
  };
  enum class Verdict { Line, NeedMore };

  /// Takes the next line out of `bytes`, shortening it by what was used. On
  /// NeedMore everything was used.
  Verdict next(std::string_view& bytes, Line& line);

  /// What stands behind the last line end, once there is no more to come. False where nothing does.
  bool last(Line& line);

  /// How much of an oversized line is kept to tell what it was.
  static constexpr std::size_t kFrontBytes = 512;
  static constexpr std::size_t kBackBytes = 128;

 private:
  Line finish(std::string_view text, std::size_t bytes, bool oversized);
  void keep_back(std::string_view bytes);

  std::size_t max_line_;
  ByteQueue part_;
  std::string back_;        ///< of a line over the limit
  std::size_t length_ = 0;  ///< of that line so far
  std::size_t used_ = 0;    ///< bytes of part_ that were given as the last line
  bool skipping_ = false;   ///< inside a line over the limit
  bool first_ = true;
};

}  // namespace gateway::rpc
