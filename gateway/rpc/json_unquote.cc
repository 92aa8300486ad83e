#include "gateway/rpc/json_unquote.h"

namespace gateway::rpc {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  auto const lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hex digits at `text[at]`, or -1.
int code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    auto const digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_utf8(std::string& out, unsigned point) {
  auto const put = [&](unsigned b) { out.push_back(static_cast<char>(b)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

/// Appends the character escaped at `raw[at]` ('u' and its digits); gives how
/// many bytes after the backslash it took.
std::size_t append_unicode_escape(std::string& out, std::string_view raw, std::size_t at) {
  constexpr unsigned kReplacement = 0xFFFD;
  auto const high = code_unit(raw, at + 1);
  if (high < 0) {
    append_utf8(out, kReplacement);
    return 1;
  }
  auto const is_high_half = high >= 0xD800 && high <= 0xDBFF;
  if (is_high_half && raw.substr(at + 5, 2) == "\\u") {
    auto const low = code_unit(raw, at + 7);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      append_utf8(out,
                  0x10000U + ((static_cast<unsigned>(high) - 0xD800U) << 10) + (static_cast<unsigned>(low) - 0xDC00U));
      return 11;
    }
  }
  auto const is_half = high >= 0xD800 && high <= 0xDFFF;
  append_utf8(out, is_half ? kReplacement : static_cast<unsigned>(high));
  return 5;
}

char simple_escape(char kind) {
  switch (kind) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return kind;
  }
}

}  // namespace

std::string unquote(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') raw = raw.substr(1, raw.size() - 2);
  auto const first_escape = raw.find('\\');
  std::string text(raw.substr(0, first_escape));
  if (first_escape == std::string_view::npos) return text;
  text.reserve(raw.size());
  for (auto i = first_escape; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      text.push_back(raw[i]);
    } else if (raw[++i] == 'u') {
      i += append_unicode_escape(text, raw, i) - 1;
    } else {
      text.push_back(simple_escape(raw[i]));
    }
  }
  return text;
}

bool spells(std::string_view json_string, std::string_view text) {
  if (json_string.find('\\') != std::string_view::npos) return unquote(json_string) == text;
  return json_string.size() == text.size() + 2 && json_string.substr(1, text.size()) == text;
}

}  // namespace gateway::rpc
