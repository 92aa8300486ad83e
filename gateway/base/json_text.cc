#include "gateway/base/json_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "gateway/base/byte_scan.h"
#include "gateway/base/utf8.h"

namespace gateway {

namespace {

/// Bytes that cannot stand in a JSON string as they are, or that must be looked at.
constexpr auto kSpecial = [](auto x) {
  return equals(x, '"') | equals(x, '\\') | below(x, 0x20) | equals(x, '\x7f') | is_high(x);
};

/// The same as a table: short texts are copied byte by byte.
constexpr auto kIsSpecial = [] {
  std::array<bool, 256> special{};
  for (std::size_t c = 0; c < special.size(); ++c) special[c] = kSpecial(OneByte{static_cast<unsigned char>(c)}) != 0;
  return special;
}();
constexpr std::size_t kShort = 16;

/// Copies up to the first special byte; gives how many bytes that were.
std::size_t copy_plain(char*& to, std::string_view text) {
  if (text.size() < kShort) {
    std::size_t i = 0;
    for (; i < text.size() && !kIsSpecial[static_cast<unsigned char>(text[i])]; ++i) *to++ = text[i];
    return i;
  }
  auto const plain =
      static_cast<std::size_t>(find_byte(text.data(), text.data() + text.size(), kSpecial) - text.data());
  std::memcpy(to, text.data(), plain);
  to += plain;
  return plain;
}

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* put_escaped(char* to, unsigned char code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to = put(to, "\\u00");
  *to++ = kHex[code >> 4];
  *to++ = kHex[code & 0xf];
  return to;
}

/// Writes the character at the front of `text`, which is special, and takes it away.
char* write_special(char* to, std::string_view& text) {
  auto const c = text.front();
  auto const code = static_cast<unsigned char>(c);
  if (code >= 0x80) {
    auto const length = utf8_length(text);
    // U+0080 to U+009F are control characters of terminals, as those below U+0020 are.
    if (length == 2 && code == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
      to = put_escaped(to, static_cast<unsigned char>(text[1]));
      text.remove_prefix(2);
      return to;
    }
    to = put(to, length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
    text.remove_prefix(std::max<std::size_t>(length, 1));
    return to;
  }
  text.remove_prefix(1);
  if (c == '"' || c == '\\' || c == '\n') {
    *to++ = '\\';
    *to++ = c == '\n' ? 'n' : c;
    return to;
  }
  return put_escaped(to, code);
}

}  // namespace

char* write_json_string(char* to, std::string_view text) {
  *to++ = '"';
  while (true) {
    text.remove_prefix(copy_plain(to, text));
    if (text.empty()) break;
    to = write_special(to, text);
  }
  *to++ = '"';
  return to;
}

void append_json_string(std::string& out, std::string_view text) {
  if (!has_byte(text, kSpecial)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  auto const before = out.size();
  out.resize(before + json_string_room(text.size()));
  auto const* const end = write_json_string(out.data() + before, text);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_list(std::vector<std::string> const& texts) {
  std::string list = "[";
  for (auto const& text : texts) {
    if (list.size() > 1) list.push_back(',');
    append_json_string(list, text);
  }
  list.push_back(']');
  return list;
}

}  // namespace gateway
