#include "gateway/base/nearest.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace gateway {

namespace {

std::string folded(std::string_view word) {
  std::string text;
  for (char const c : word) {
    if (c == '_' || c == '-') continue;
    text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  return text;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // to each beginning of `b`, from a beginning of `a`
  std::iota(row.begin(), row.end(), std::size_t{0});
  std::vector<std::size_t> above;  // the same from the beginning that is one shorter
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::vector<std::size_t> next(b.size() + 1, i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto const changed = row[j] + (a[i] == b[j] ? 0 : 1);
      next[j + 1] = std::min({changed, next[j] + 1, row[j + 1] + 1});
      auto const swapped = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
      if (swapped) next[j + 1] = std::min(next[j + 1], above[j - 1] + 1);
    }
    above = std::exchange(row, std::move(next));
  }
  return row.back();
}

std::string_view nearest(std::string_view word, std::span<std::string_view const> words) {
  auto const wanted = folded(word);
  auto best = std::max<std::size_t>(wanted.size() / 4, 1) + 1;
  std::string_view found;
  for (auto const each : words) {
    auto const distance = edit_distance(wanted, folded(each));
    if (distance >= best) continue;
    best = distance;
    found = each;
  }
  return found;
}

}  // namespace gateway
