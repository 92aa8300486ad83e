// Where a storm's decisions come from: a seed, or the bytes of a fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace gateway::storm {

class Choices {
 public:
  virtual ~Choices() = default;
  /// A number in 0..n-1.
  [[nodiscard]] virtual std::uint32_t below(std::uint32_t n) = 0;
  /// Whether there are no more: the rest would be zero.
  [[nodiscard]] virtual bool exhausted() const = 0;

  /// True once in `n` times.
  [[nodiscard]] bool once_in(std::uint32_t n) { return below(n) == n - 1; }
};

/// As many as are asked for, the same for the same seed.
class SeededChoices final : public Choices {
 public:
  explicit SeededChoices(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::uint32_t below(std::uint32_t n) override { return static_cast<std::uint32_t>(random_() % n); }
  [[nodiscard]] bool exhausted() const override { return false; }

 private:
  std::mt19937_64 random_;
};

/// One byte each, so that a fuzzer's small change is a small change of the story.
class ByteChoices final : public Choices {
 public:
  explicit ByteChoices(std::span<std::uint8_t const> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint32_t below(std::uint32_t n) override {
    if (bytes_.empty()) return 0;
    auto const byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte % n;
  }
  [[nodiscard]] bool exhausted() const override { return bytes_.empty(); }

 private:
  std::span<std::uint8_t const> bytes_;
};

}  // namespace gateway::storm
