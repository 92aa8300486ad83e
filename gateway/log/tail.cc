#include "gateway/log/tail.h"

#include <algorithm>

namespace gateway::log {

namespace {

/// Truncated, but not within a character.
std::string_view cut(std::string_view line) {
  if (line.size() <= LogTail::kMaxLine) return line;
  auto size = LogTail::kMaxLine;
  while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xC0) == 0x80) --size;
  return line.substr(0, size);
}

}  // namespace

void LogTail::keep(std::string_view service, std::string_view line) {
  std::lock_guard const lock(mutex_);
  auto found = lines_.find(service);
  if (found == lines_.end()) {
    if (lines_.size() == kMaxServices) return;
    found = lines_.emplace(service, std::deque<Line>{}).first;
  }
  auto& lines = found->second;
  lines.push_back({++written_, std::string(cut(line))});
  if (lines.size() > kLines) lines.pop_front();
}

std::vector<std::string> LogTail::last(std::string_view service, std::size_t count) const {
  std::vector<Line> found;
  {
    std::lock_guard const lock(mutex_);
    for (auto const& [name, lines] : lines_) {
      if (service.empty() || name == service) found.insert(found.end(), lines.begin(), lines.end());
    }
  }
  std::sort(found.begin(), found.end(), [](Line const& a, Line const& b) { return a.number < b.number; });
  std::vector<std::string> texts;
  for (auto i = found.size() - std::min(count, found.size()); i < found.size(); ++i) {
    texts.push_back(std::move(found[i].text));
  }
  return texts;
}

}  // namespace gateway::log
