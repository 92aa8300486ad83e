#include "gateway/rpc/line_framer.h"

#include <algorithm>
#include <cstring>

namespace gateway::rpc {

LineFramer::Verdict LineFramer::next(std::string_view& bytes, Line& line) {
  part_.consume(used_);
  used_ = 0;

  auto const* const found = bytes.empty() ? nullptr : std::memchr(bytes.data(), '\n', bytes.size());
  auto const length =
      found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<char const*>(found) - bytes.data());
  auto const front = bytes.substr(0, length);
  bytes.remove_prefix(found == nullptr ? length : length + 1);

  if (!skipping_ && part_.size() + front.size() > max_line_) {
    back_.clear();
    keep_back(part_.view());
    length_ = part_.size();
    skipping_ = true;
  } else if (!skipping_ && (found == nullptr || !part_.empty())) {
    part_.append(front);
  }
  if (skipping_) {
    part_.append(front.substr(0, kFrontBytes - std::min(kFrontBytes, part_.size())));
    keep_back(front);
    length_ += front.size();
  }
  if (found == nullptr) return Verdict::NeedMore;

  if (skipping_) {
    skipping_ = false;
    used_ = part_.size();
    line = finish(part_.view().substr(0, kFrontBytes), length_, true);
  } else if (!part_.empty()) {
    used_ = part_.size();
    line = finish(part_.view(), part_.size(), false);
  } else {
    line = finish(front, front.size(), false);
  }
  return Verdict::Line;
}

bool LineFramer::last(Line& line) {
  if (part_.size() == used_ && !skipping_) return false;
  std::string_view end = "\n";
  return next(end, line) == Verdict::Line;
}

/// Servers that write the id behind the result are told by it.
void LineFramer::keep_back(std::string_view bytes) {
  back_.append(bytes.substr(bytes.size() - std::min(kBackBytes, bytes.size())));
  back_.erase(0, back_.size() - std::min(kBackBytes, back_.size()));
}

LineFramer::Line LineFramer::finish(std::string_view text, std::size_t bytes, bool oversized) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (first_ && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  first_ = false;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (!oversized) return {.text = text, .bytes = bytes};
  if (back_.ends_with('\r')) back_.pop_back();
  return {.text = text, .oversized = true, .back = back_, .bytes = bytes};
}

}  // namespace gateway::rpc
