#include "gateway/rpc/json_scanner.h"

#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "gateway/base/utf8.h"

namespace gateway::rpc {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
unsigned byte(char c) { return static_cast<unsigned char>(c); }

// Each finder returns the first position at or after `p` that is interesting, or
// `end`. Sixteen bytes a step where the machine has them.
#if defined(__SSE2__)
template <typename Block, typename Single>
const char* find_if_block(const char* p, const char* end, Block block, Single single) {
  for (; end - p >= 16; p += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    auto const mask = static_cast<unsigned>(_mm_movemask_epi8(block(bytes)));
    if (mask != 0) return p + std::countr_zero(mask);
  }
  while (p < end && !single(*p)) ++p;
  return p;
}
__m128i equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
__m128i below_space(__m128i bytes) {
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
}
#endif

/// A quote or a backslash: the two bytes that matter inside a string.
const char* find_quote(const char* p, const char* end) {
  auto const single = [](char c) { return c == '"' || c == '\\'; };
#if defined(__SSE2__)
  return find_if_block(
      p, end, [](__m128i b) { return _mm_or_si128(equal(b, '"'), equal(b, '\\')); }, single);
#else
  while (p < end && !single(*p)) ++p;
  return p;
#endif
}

/// As find_quote, and the bytes a strict reader must look at: controls and non-ASCII.
const char* find_quote_strict(const char* p, const char* end) {
  auto const single = [](char c) { return c == '"' || c == '\\' || byte(c) < 0x20 || byte(c) >= 0x80; };
#if defined(__SSE2__)
  return find_if_block(
      p, end,
      [](__m128i b) {
        // The sign bit of a byte of 0x80 or more survives the movemask by itself.
        return _mm_or_si128(_mm_or_si128(equal(b, '"'), equal(b, '\\')), _mm_or_si128(below_space(b), b));
      },
      single);
#else
  while (p < end && !single(*p)) ++p;
  return p;
#endif
}

/// A quote, brace or bracket: the bytes that matter outside strings.
const char* find_structure(const char* p, const char* end) {
  auto const single = [](char c) { return c == '"' || c == '{' || c == '}' || c == '[' || c == ']'; };
#if defined(__SSE2__)
  return find_if_block(
      p, end,
      [](__m128i b) {
        // '[' and ']' become '{' and '}' with bit 0x20 set.
        auto const folded = _mm_or_si128(b, _mm_set1_epi8(0x20));
        return _mm_or_si128(equal(b, '"'), _mm_or_si128(equal(folded, '{'), equal(folded, '}')));
      },
      single);
#else
  while (p < end && !single(*p)) ++p;
  return p;
#endif
}

/// After the closing quote of a string whose opening quote is before `p`, or null.
const char* skip_string(const char* p, const char* end) {
  while (true) {
    p = find_quote(p, end);
    if (p >= end) return nullptr;
    if (*p == '"') return p + 1;
    if (end - p < 2) return nullptr;
    p += 2;
  }
}

/// Recursive descent over one value; recursion is bounded by kMaxDepth.
class Validator {
 public:
  explicit Validator(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

  std::optional<JsonFault> run() {
    space();
    if (!value(0)) return fault_;
    space();
    if (p_ != end_) return JsonFault::Malformed;
    return std::nullopt;
  }

 private:
  bool fail(JsonFault fault) {
    fault_ = fault;
    return false;
  }
  void space() {
    while (p_ < end_ && is_space(*p_)) ++p_;
  }
  bool take(char c) {
    if (p_ >= end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - p_) < expected.size()) return fail(JsonFault::Malformed);
    if (std::string_view(p_, expected.size()) != expected) return fail(JsonFault::Malformed);
    p_ += expected.size();
    return true;
  }

  bool value(int depth) {
    if (p_ >= end_) return fail(JsonFault::Malformed);
    switch (*p_) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': ++p_; return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool object(int depth) {
    if (depth >= kMaxDepth) return fail(JsonFault::TooDeep);
    ++p_;
    space();
    if (take('}')) return true;
    while (true) {
      space();
      if (!take('"')) return fail(JsonFault::Malformed);
      if (!string()) return false;
      space();
      if (!take(':')) return fail(JsonFault::Malformed);
      space();
      if (!value(depth + 1)) return false;
      space();
      if (take('}')) return true;
      if (!take(',')) return fail(JsonFault::Malformed);
    }
  }

  bool array(int depth) {
    if (depth >= kMaxDepth) return fail(JsonFault::TooDeep);
    ++p_;
    space();
    if (take(']')) return true;
    while (true) {
      space();
      if (!value(depth + 1)) return false;
      space();
      if (take(']')) return true;
      if (!take(',')) return fail(JsonFault::Malformed);
    }
  }

  bool string() {
    while (true) {
      p_ = find_quote_strict(p_, end_);
      if (p_ >= end_) return fail(JsonFault::Malformed);
      auto const c = *p_;
      if (c == '"') {
        ++p_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return fail(JsonFault::Malformed);
      } else if (byte(c) >= 0x80) {
        auto const length = utf8_length({p_, static_cast<std::size_t>(end_ - p_)});
        if (length == 0) return fail(JsonFault::BadUtf8);
        p_ += length;
      } else {
        return fail(JsonFault::Malformed);
      }
    }
  }

  bool escape() {
    if (end_ - p_ < 2) return false;
    auto const kind = p_[1];
    p_ += 2;
    if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    for (int i = 0; i < 4; ++i, ++p_) {
      if (p_ >= end_) return false;
      auto const c = static_cast<char>(*p_ | 0x20);
      if (!is_digit(*p_) && (c < 'a' || c > 'f')) return false;
    }
    return true;
  }

  bool digits() {
    auto const start = p_;
    while (p_ < end_ && is_digit(*p_)) ++p_;
    return p_ > start;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return fail(JsonFault::Malformed);
    if (take('.') && !digits()) return fail(JsonFault::Malformed);
    if (p_ < end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (!take('+')) take('-');
      if (!digits()) return fail(JsonFault::Malformed);
    }
    return true;
  }

  const char* p_;
  const char* end_;
  JsonFault fault_ = JsonFault::Malformed;
};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
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
      append_utf8(out, 0x10000U + ((static_cast<unsigned>(high) - 0xD800U) << 10) +
                           (static_cast<unsigned>(low) - 0xDC00U));
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

/// Steps over the comma between two items, or the closing bracket.
enum class Step { Item, End, Broken };
Step step(std::string_view text, std::size_t& at, bool first, char close) {
  at = skip_space(text, at);
  if (at >= text.size()) return Step::Broken;
  if (text[at] == close) {
    ++at;
    return Step::End;
  }
  if (first) return Step::Item;
  if (text[at] != ',') return Step::Broken;
  at = skip_space(text, at + 1);
  return at < text.size() ? Step::Item : Step::Broken;
}

}  // namespace

std::optional<JsonFault> validate(std::string_view text) { return Validator(text).run(); }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::string_view skip_value(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  auto const* const start = text.data() + at;
  auto const* const end = text.data() + text.size();
  auto const* p = start;
  if (p >= end) return {};

  if (*p == '"') {
    p = skip_string(p + 1, end);
    return p == nullptr ? std::string_view{} : std::string_view(start, static_cast<std::size_t>(p - start));
  }
  if (*p != '{' && *p != '[') {
    while (p < end && *p != ',' && *p != '}' && *p != ']' && !is_space(*p)) ++p;
    return {start, static_cast<std::size_t>(p - start)};
  }
  for (std::size_t depth = 0;;) {
    p = find_structure(p, end);
    if (p >= end) return {};
    auto const c = *p++;
    if (c == '"') {
      p = skip_string(p, end);
      if (p == nullptr) return {};
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (--depth == 0) {
      return {start, static_cast<std::size_t>(p - start)};
    }
  }
}

MemberWalk::MemberWalk(std::string_view object) : text_(object) {
  at_ = skip_space(text_, 0);
  ok_ = at_ < text_.size() && text_[at_] == '{';
  done_ = !ok_;
  ++at_;
}

std::optional<Member> MemberWalk::next() {
  if (done_) return std::nullopt;
  auto const moved = step(text_, at_, first_, '}');
  first_ = false;
  if (moved != Step::Item) {
    done_ = true;
    ok_ = moved == Step::End;
    return std::nullopt;
  }
  auto const key = is_string(text_.substr(at_)) ? skip_value(text_, at_) : std::string_view{};
  auto const colon = key.empty() ? text_.size() : skip_space(text_, at_ + key.size());
  auto const value = colon < text_.size() && text_[colon] == ':' ? skip_value(text_, colon + 1) : std::string_view{};
  if (value.empty()) {
    done_ = true;
    ok_ = false;
    return std::nullopt;
  }
  at_ = static_cast<std::size_t>(value.data() + value.size() - text_.data());
  return Member{key.substr(1, key.size() - 2), value};
}

ElementWalk::ElementWalk(std::string_view array) : text_(array) {
  at_ = skip_space(text_, 0);
  ok_ = at_ < text_.size() && text_[at_] == '[';
  done_ = !ok_;
  ++at_;
}

std::optional<std::string_view> ElementWalk::next() {
  if (done_) return std::nullopt;
  auto const moved = step(text_, at_, first_, ']');
  first_ = false;
  auto const value = moved == Step::Item ? skip_value(text_, at_) : std::string_view{};
  if (value.empty()) {
    done_ = true;
    ok_ = moved == Step::End;
    return std::nullopt;
  }
  at_ = static_cast<std::size_t>(value.data() + value.size() - text_.data());
  return value;
}

std::string_view find_member(std::string_view object, std::string_view name) {
  std::string_view found;
  MemberWalk walk(object);
  while (auto const member = walk.next()) {
    if (spells(member->key, name)) found = member->value;
  }
  return found;
}

bool spells(std::string_view raw, std::string_view name) {
  if (raw == name) return true;
  return raw.find('\\') != std::string_view::npos && unquote(raw) == name;
}

std::string unquote(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') raw = raw.substr(1, raw.size() - 2);
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
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

ByteTraits byte_traits(std::string_view text) {
  ByteTraits traits;
  auto const* p = text.data();
  auto const* const end = p + text.size();
#if defined(__SSE2__)
  auto low = _mm_setzero_si128();
  auto high = _mm_setzero_si128();
  for (; end - p >= 16; p += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    low = _mm_or_si128(low, below_space(bytes));
    high = _mm_or_si128(high, bytes);
  }
  traits.has_control = _mm_movemask_epi8(low) != 0;
  traits.has_high = _mm_movemask_epi8(high) != 0;
#endif
  for (; p < end; ++p) {
    traits.has_control |= byte(*p) < 0x20;
    traits.has_high |= byte(*p) >= 0x80;
  }
  return traits;
}

}  // namespace gateway::rpc
