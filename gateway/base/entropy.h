// Where unguessable numbers come from.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gateway {

/// The machine's random bytes; a test gives its own.
class Entropy {
 public:
  Entropy() = default;
  Entropy(Entropy const&) = delete;
  Entropy& operator=(Entropy const&) = delete;
  virtual ~Entropy() = default;
  virtual void fill(std::span<unsigned char> bytes) = 0;

  /// A number in 0..2^64-1.
  std::uint64_t number();
  /// 162 random bits in 27 characters of [A-Za-z0-9_-].
  std::string token();
};

/// From the kernel's generator, a block at a time.
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<unsigned char> bytes) override;

 private:
  unsigned char block_[512];
  std::size_t left_ = 0;
};

}  // namespace gateway
