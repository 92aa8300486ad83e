// Lines are the same in whatever pieces they come, and the same a plain search
// for line ends finds.
#include "gateway/rpc/line_framer.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using gateway::rpc::LineFramer;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

struct Cut {
  std::string text;
  bool oversized = false;
  std::string back;
  bool operator==(Cut const&) const = default;
};

/// Feeds the first `first` bytes at once and the others `step` at a time.
std::vector<Cut> cut(std::string_view bytes, std::size_t max_line, std::size_t first, std::size_t step) {
  LineFramer framer(max_line);
  std::vector<Cut> lines;
  auto piece = first;
  while (!bytes.empty()) {
    auto given = bytes.substr(0, piece);
    bytes.remove_prefix(given.size());
    LineFramer::Line line;
    while (framer.next(given, line) == LineFramer::Verdict::Line)
      lines.push_back({std::string(line.text), line.oversized, std::string(line.back)});
    require(given.empty(), "all is used");
    piece = step;
  }
  return lines;
}

/// The same by a search in the whole text.
std::vector<Cut> expected(std::string_view bytes, std::size_t max_line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<Cut> lines;
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    auto text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    auto const oversized = text.size() > max_line;
    auto back =
        oversized ? text.substr(text.size() - std::min(text.size(), LineFramer::kBackBytes)) : std::string_view{};
    if (oversized) text = text.substr(0, LineFramer::kFrontBytes);
    if (lines.empty() && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (back.ends_with('\r')) back.remove_suffix(1);
    lines.push_back({std::string(text), oversized, std::string(back)});
  }
  return lines;
}

void check(std::string_view bytes, std::size_t max_line) {
  auto const lines = expected(bytes, max_line);
  require(lines == cut(bytes, max_line, bytes.size(), 1), "whole");
  require(lines == cut(bytes, max_line, 1, 1), "byte by byte");
  for (std::size_t split = 1; split < bytes.size(); split += 1 + bytes.size() / 8) {
    require(lines == cut(bytes, max_line, split, bytes.size()), "in two pieces");
    require(lines == cut(bytes, max_line, split, 3), "in many pieces");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  for (std::size_t const max_line : {std::size_t{1} << 30, std::size_t{600}, std::size_t{8}, std::size_t{0}})
    check(bytes, max_line);
  return 0;
}
