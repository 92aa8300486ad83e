#include "gateway/base/needles.h"

#include <algorithm>
#include <cstring>

namespace gateway {

Needles::Needles(std::vector<std::string> const& needles) {
  for (auto const& needle : needles) {
    if (needle.size() < kShortest) continue;
    auto const front = front_of(needle);
    may_begin_.set(bit_of(front));
    by_front_[front].push_back(needle);
  }
  for (auto& [front, same] : by_front_) std::ranges::sort(same, std::ranges::greater{}, &std::string::size);
}

Needles::Front Needles::front_of(std::string_view text) {
  Front front = 0;
  std::memcpy(&front, text.data(), sizeof(front));
  return front;
}

/// Of the needle that the text begins with; 0 where it begins with none.
std::size_t Needles::length_at(std::string_view text) const {
  auto const front = front_of(text);
  if (!may_begin_.test(bit_of(front))) return 0;
  auto const found = by_front_.find(front);
  if (found == by_front_.end()) return 0;
  for (auto const& needle : found->second)
    if (text.starts_with(needle)) return needle.size();
  return 0;
}

std::optional<std::string> Needles::replaced(std::string_view text, std::string_view mask) const {
  std::optional<std::string> clean;
  if (by_front_.empty()) return clean;
  std::size_t copied = 0;
  for (std::size_t at = 0; at + kShortest <= text.size();) {
    auto const length = length_at(text.substr(at));
    if (length == 0) {
      ++at;
      continue;
    }
    if (!clean) clean.emplace();
    clean->append(text, copied, at - copied).append(mask);
    at = copied = at + length;
  }
  if (clean) clean->append(text, copied);
  return clean;
}

}  // namespace gateway
