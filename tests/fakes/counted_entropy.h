// Random bytes that a test can foretell.
#pragma once

#include "gateway/base/entropy.h"

namespace gateway::fakes {

/// 0, 1, 2, ... through all it is asked for.
class CountedEntropy final : public Entropy {
 public:
  void fill(std::span<unsigned char> bytes) override {
    for (auto& byte : bytes) byte = next_++;
  }

 private:
  unsigned char next_ = 0;
};

}  // namespace gateway::fakes
