#include "gateway/base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateway/base/utf8.h"

namespace gateway {

namespace {

bool is_plain(char c) {
  auto const code = static_cast<unsigned char>(c);
  return code >= 0x20 && code < 0x80 && c != '"' && c != '\\';
}

/// Appends the character at the front, which is not plain; gives its length.
std::size_t append_special(std::string& out, std::string_view text) {
  auto const c = text.front();
  auto const code = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
    return 1;
  }
  if (code < 0x20) {
    if (c == '\n') {
      out.append("\\n");
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    }
    return 1;
  }
  auto const length = utf8_length(text);
  out.append(length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
  return std::max<std::size_t>(length, 1);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    auto const plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
  out.push_back('"');
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

}  // namespace gateway
