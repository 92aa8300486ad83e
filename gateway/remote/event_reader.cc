#include "gateway/remote/event_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gateway::remote {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr long kLongestRetryMs = 3'600'000;

}  // namespace

std::optional<EventReader::Event> EventReader::next(std::string_view& bytes) {
  while (!bytes.empty() && !too_large_) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    auto const end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (line_.size() + data_.size() + end > max_event_) {
      too_large_ = true;
      break;
    }
    line_.append(bytes.substr(0, end));
    if (end == bytes.size()) {
      bytes = {};
      break;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    auto const line = std::exchange(line_, {});
    if (take_line(line)) return Event{told_name_, told_data_};
  }
  return std::nullopt;
}

/// Whether it ended an event.
bool EventReader::take_line(std::string_view line) {
  if (std::exchange(first_, false) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    last_id_ = id_;
    told_name_ = name_.empty() ? "message" : std::exchange(name_, {});
    told_data_ = std::exchange(data_, {});
    name_.clear();
    if (told_data_.empty()) return false;
    told_data_.pop_back();
    return !told_data_.empty();
  }
  auto const colon = std::min(line.find(':'), line.size());
  if (colon == 0) return false;  // a comment
  auto value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
  return false;
}

void EventReader::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    name_ = value;
  } else if (name == "data") {
    data_.append(value).push_back('\n');
  } else if (name == "id" && value.find('\0') == value.npos) {
    id_ = value;
  } else if (name == "retry") {
    long ms = 0;
    auto const [end, problem] = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (problem == std::errc{} && end == value.data() + value.size() && ms >= 0)
      retry_ = std::chrono::milliseconds(std::min(ms, kLongestRetryMs));
  }
}

void EventReader::restart() {
  line_.clear();
  name_.clear();
  data_.clear();
  id_ = last_id_;
  after_cr_ = false;
  first_ = true;
}

}  // namespace gateway::remote
