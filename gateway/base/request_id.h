// What a request goes by in its answer and in logs.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace gateway {

/// One that was made has a fixed size and lies in the object, so that a call can
/// carry it through every queue for next to nothing; a client's own, of any size,
/// lies on the heap.
class RequestId {
 public:
  static constexpr std::size_t kMadeSize = 15;

  RequestId() = default;
  explicit RequestId(std::string_view text) { assign(text); }

  void assign(std::string_view text) {
    is_made_ = text.size() == kMadeSize;
    if (is_made_) {
      std::memcpy(made_, text.data(), kMadeSize);
      own_.reset();
    } else {
      own_ = text.empty() ? nullptr : std::make_unique<std::string>(text);
    }
  }

  [[nodiscard]] std::string_view view() const {
    if (is_made_) return {made_, kMadeSize};
    return own_ ? std::string_view(*own_) : std::string_view{};
  }
  [[nodiscard]] bool empty() const { return !is_made_ && !own_; }

 private:
  char made_[kMadeSize] = {};
  bool is_made_ = false;
  std::unique_ptr<std::string> own_;
};

}  // namespace gateway
