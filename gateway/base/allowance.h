// How many of a thing there may be at once in the whole program.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace gateway {

/// A limit that holds over all loops. `take` and the end of a share may be called
/// from several threads; they happen when a connection or session opens and ends,
/// never once a message.
class Allowance {
 public:
  /// The right to be one of them: held by the thing, given back by its end.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        give_back();
        of_ = std::exchange(other.of_, nullptr);
      }
      return *this;
    }
    ~Share() { give_back(); }

    explicit operator bool() const { return of_ != nullptr; }

   private:
    friend class Allowance;
    explicit Share(Allowance* of) : of_(of) {}
    void give_back() {
      if (of_ != nullptr) of_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }

    Allowance* of_ = nullptr;
  };

  explicit Allowance(std::size_t limit) : limit_(limit) {}
  Allowance(Allowance const&) = delete;
  Allowance& operator=(Allowance const&) = delete;

  /// Empty when all are taken.
  [[nodiscard]] Share take() {
    // Nothing else is told by the count, so it orders nothing.
    auto taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken >= limit_.load(std::memory_order_relaxed)) return {};
    } while (!taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed));
    return Share(this);
  }

  /// Whoever holds a share keeps it.
  void set_limit(std::size_t limit) { limit_.store(limit, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace gateway
