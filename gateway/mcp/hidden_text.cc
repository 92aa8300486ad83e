#include "gateway/mcp/hidden_text.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

struct Range {
  char32_t first;
  char32_t last;
  std::string_view what;
};

constexpr std::string_view kControl = "a control character";
constexpr std::string_view kBidi = "a bidirectional control";
constexpr std::string_view kNoWidth = "a character without width";
constexpr std::string_view kFiller = "a filler";
constexpr std::string_view kTag = "a tag character";
constexpr std::string_view kSelector = "a variation selector";
constexpr std::string_view kSeparator = "a line or paragraph separator";

constexpr std::array<Range, 27> kHidden{
    {{0x00, 0x08, kControl},         {0x0B, 0x0C, kControl},     {0x0E, 0x1A, kControl},
     {0x1B, 0x1B, "an ANSI escape"}, {0x1C, 0x1F, kControl},     {0x7F, 0x9F, kControl},
     {0xAD, 0xAD, "a soft hyphen"},  {0x034F, 0x034F, kNoWidth}, {0x061C, 0x061C, kBidi},
     {0x115F, 0x1160, kFiller},      {0x17B4, 0x17B5, kNoWidth}, {0x180B, 0x180F, kNoWidth},
     {0x200B, 0x200D, kNoWidth},     {0x200E, 0x200F, kBidi},    {0x2028, 0x2029, kSeparator},
     {0x202A, 0x202E, kBidi},        {0x2060, 0x2065, kNoWidth}, {0x2066, 0x2069, kBidi},
     {0x206A, 0x206F, kNoWidth},     {0x2800, 0x2800, kFiller},  {0x3164, 0x3164, kFiller},
     {0xFEFF, 0xFEFF, kNoWidth},     {0xFFA0, 0xFFA0, kFiller},  {0xFFF0, 0xFFFB, kControl},
     {0x1D173, 0x1D17A, kControl},   {0xE0000, 0xE007F, kTag},   {0xE0100, 0xE01EF, kSelector}}};

/// The code point at the front of valid UTF-8, and its bytes.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
};

CodePoint first_of(std::string_view text) {
  auto const lead = static_cast<unsigned char>(text.front());
  CodePoint point{lead, 1};
  if (lead >= 0xF0) {
    point = {lead & 0x07U, 4};
  } else if (lead >= 0xE0) {
    point = {lead & 0x0FU, 3};
  } else if (lead >= 0xC0) {
    point = {lead & 0x1FU, 2};
  }
  if (point.size > text.size()) return {0xFFFD, text.size()};
  for (std::size_t i = 1; i < point.size; ++i) {
    point.value = (point.value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return point;
}

/// What is hidden there, empty for what can be seen. `before` is the character in front of it.
std::string_view kind_of(char32_t point, char32_t before) {
  constexpr char32_t kJoiner = 0x200D;
  constexpr char32_t kEmojiSelector = 0xFE0F;
  constexpr char32_t kFirstEmoji = 0x2190;
  if (point == kJoiner && (before == kEmojiSelector || (before >= kFirstEmoji && before < 0xE0000))) return {};
  for (auto const& range : kHidden) {
    if (point >= range.first && point <= range.last) return range.what;
  }
  return {};
}

std::optional<std::string> search(std::string_view value, std::string const& place) {
  auto const within = [&](std::string_view part) {
    return place.empty() ? std::string(part) : fmt::format("{}.{}", place, part);
  };
  if (rpc::is_string(value)) {
    auto const found = hidden_character(rpc::unquote(value));
    return found && !place.empty() ? std::optional(fmt::format("{}, in {}", *found, place)) : found;
  }
  if (rpc::is_object(value)) {
    rpc::MemberWalk walk(value);
    while (auto const member = walk.next()) {
      auto const name = rpc::unquote(member->key);
      if (auto const found = hidden_character(name)) {
        return fmt::format("{}, in the name {}", *found, within(with_hidden_shown(name)));
      }
      if (auto found = search(member->value, within(name))) return found;
    }
  } else if (rpc::is_array(value)) {
    rpc::ElementWalk walk(value);
    for (std::size_t at = 0; auto const element = walk.next(); ++at) {
      if (auto found = search(*element, within(std::to_string(at)))) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> hidden_character(std::string_view text) {
  char32_t before = 0;
  while (!text.empty()) {
    auto const point = first_of(text);
    if (auto const what = kind_of(point.value, before); !what.empty()) {
      return fmt::format("U+{:04X}, {}", static_cast<std::uint32_t>(point.value), what);
    }
    before = point.value;
    text.remove_prefix(point.size);
  }
  return std::nullopt;
}

std::optional<std::string> hidden_in_json(std::string_view raw) {
  return search(raw.substr(rpc::skip_space(raw, 0)), {});
}

std::string with_hidden_shown(std::string_view text) {
  std::string shown;
  char32_t before = 0;
  while (!text.empty()) {
    auto const point = first_of(text);
    if (text.front() == '\n') {
      shown.append("\\n");
    } else if (text.front() == '\r') {
      shown.append("\\r");
    } else if (!kind_of(point.value, before).empty()) {
      shown += fmt::format("\\u{{{:04X}}}", static_cast<std::uint32_t>(point.value));
    } else {
      shown.append(text.substr(0, point.size));
    }
    before = point.value;
    text.remove_prefix(point.size);
  }
  return shown;
}

}  // namespace gateway::mcp
