// Writes the parts of a log line.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/json_text.h"

namespace gateway::log {

/// Writes to a buffer that its owner has made large enough.
class LineWriter {
 public:
  /// Longer strings are truncated: collectors reject or drop very long lines.
  static constexpr std::size_t kMaxTextBytes = 8 * 1024;
  /// The most that `number` writes.
  static constexpr std::size_t kNumberRoom = 24;
  /// The most that `string` writes.
  [[nodiscard]] static std::size_t string_room(std::string_view text) {
    return json_string_room(std::min(text.size(), kMaxTextBytes));
  }

  explicit LineWriter(char* to) : to_(to) {}

  LineWriter& raw(std::string_view text) {
    if (text.empty()) return *this;  // it may have no address
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
    return *this;
  }
  /// A constant: its size is known to the compiler, which needs no call to copy it.
  template <std::size_t N>
  LineWriter& raw(std::array<char, N> const& bytes) {
    std::memcpy(to_, bytes.data(), N);
    to_ += N;
    return *this;
  }
  LineWriter& raw(char c) {
    *to_++ = c;
    return *this;
  }
  /// In quotes, escaped.
  LineWriter& string(std::string_view text) {
    to_ = write_json_string(to_, text.substr(0, kMaxTextBytes));
    return *this;
  }
  LineWriter& number(auto value) {
    to_ = std::to_chars(to_, to_ + kNumberRoom, value).ptr;
    return *this;
  }
  /// With three decimal places.
  LineWriter& number(double value) {
    constexpr double kLargest = 1e15;
    if (!(std::abs(value) < kLargest)) return raw("null");  // JSON has no such number, and no nan
    if (value < 0) raw('-');
    return thousandths(static_cast<std::uint64_t>(std::llround(std::abs(value) * 1000)));
  }
  /// In milliseconds, with three decimal places.
  LineWriter& number(Duration value) {
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    if (us < 0) raw('-');
    return thousandths(static_cast<std::uint64_t>(std::abs(us)));
  }

  [[nodiscard]] char* end() const { return to_; }

 private:
  LineWriter& thousandths(std::uint64_t count) {
    number(count / 1000).raw('.');
    auto const rest = static_cast<unsigned>(count % 1000);
    return raw(static_cast<char>('0' + rest / 100))
        .raw(static_cast<char>('0' + rest / 10 % 10))
        .raw(static_cast<char>('0' + rest % 10));
  }

  char* to_;
};

}  // namespace gateway::log
