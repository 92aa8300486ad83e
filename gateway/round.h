// One question to several loops, and their answers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway {

/// Lives on the loop that asks. Its owner finishes it when every loop has answered, or
/// when it is late.
class Round {
 public:
  virtual ~Round() = default;
  [[nodiscard]] virtual bool is_complete() const = 0;
  /// Passes the answers to whoever asked.
  virtual void finish() = 0;
  [[nodiscard]] bool is_late(TimePoint now) const { return now >= until_; }

 protected:
  explicit Round(TimePoint until) : until_(until) {}

 private:
  TimePoint until_;
};

/// A round whose answers are of one type. A loop that did not answer has none.
template <typename Said>
class RoundOf final : public Round {
 public:
  using Tell = std::function<void(std::vector<std::optional<Said>> said)>;

  RoundOf(std::size_t loops, TimePoint until, Tell tell) : Round(until), said_(loops), tell_(std::move(tell)) {}

  /// `place` is the position of the loop among those asked.
  void hear(std::size_t place, Said said) { said_[place] = std::move(said); }
  [[nodiscard]] bool is_complete() const override {
    return std::all_of(said_.begin(), said_.end(), [](auto const& each) { return each.has_value(); });
  }
  void finish() override { tell_(std::move(said_)); }

 private:
  std::vector<std::optional<Said>> said_;
  Tell tell_;
};

}  // namespace gateway
