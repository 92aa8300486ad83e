#include "gateway/base/entropy.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace gateway {

std::uint64_t Entropy::number() {
  std::array<unsigned char, sizeof(std::uint64_t)> bytes{};
  fill(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

std::string Entropy::token() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  std::array<unsigned char, 27> bytes{};
  fill(bytes);
  std::string token;
  token.reserve(bytes.size());
  for (auto const byte : bytes) token.push_back(kAlphabet[byte & 0x3F]);
  return token;
}

void SystemEntropy::fill(std::span<unsigned char> bytes) {
  for (auto& byte : bytes) {
    if (left_ == 0) {
      // A request of up to 256 bytes is never cut short once the generator is seeded.
      for (std::size_t at = 0; at < sizeof block_; at += 256) {
        if (getrandom(block_ + at, 256, 0) != 256) std::abort();
      }
      left_ = sizeof block_;
    }
    --left_;
    byte = block_[left_];
    block_[left_] = 0;
  }
}

}  // namespace gateway
