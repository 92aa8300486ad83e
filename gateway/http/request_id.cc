#include "gateway/http/request_id.h"

#include <algorithm>

namespace gateway::http {

namespace {
constexpr std::size_t kLongest = 64;
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

constexpr bool may_stand_in_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}
}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, may_stand_in_id);
}

RequestIds::RequestIds(std::uint64_t random) {
  text_.fill('0');
  for (std::size_t i = 0; i < kRandom; ++i, random /= kDigits.size()) text_[i] = kDigits[random % kDigits.size()];
}

std::string_view RequestIds::next() {
  // Counted in place, as an odometer does: nearly always one digit changes.
  for (auto at = text_.size(); at-- > kRandom;) {
    auto& digit = text_[at];
    if (digit != 'z') {
      digit = digit == '9' ? 'a' : static_cast<char>(digit + 1);
      break;
    }
    digit = '0';
  }
  return {text_.data(), text_.size()};
}

}  // namespace gateway::http
