#include "gateway/rpc/json_validator.h"

#include "gateway/base/byte_scan.h"
#include "gateway/base/utf8.h"

namespace gateway::rpc {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a strict reader must look at inside a string.
constexpr auto kStrict = [](auto x) { return equals(x, '"') | equals(x, '\\') | below(x, 0x20) | is_high(x); };

/// Recursive descent over one value; recursion is bounded by kMaxDepth.
class Validator {
 public:
  Validator(std::string_view text, MemberSink* sink) : p_(text.data()), end_(text.data() + text.size()), sink_(sink) {}

  std::optional<JsonFault> run() {
    space();
    if (!value(0, sink_ != nullptr)) return fault_;
    space();
    if (p_ != end_) return JsonFault::Malformed;
    return std::nullopt;
  }

 private:
  bool fail(JsonFault fault) {
    fault_ = fault;
    return false;
  }
  static std::string_view since(char const* from, char const* to) {
    return {from, static_cast<std::size_t>(to - from)};
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

  /// `told`: whether the sink is told of its members, where it is an object.
  bool value(int depth, bool told) {
    if (p_ >= end_) return fail(JsonFault::Malformed);
    switch (*p_) {
      case '{': return object(depth, told);
      case '[': return array(depth);
      case '"': ++p_; return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool object(int depth, bool told) {
    if (depth >= kMaxDepth) return fail(JsonFault::TooDeep);
    ++p_;
    space();
    if (take('}')) return true;
    while (true) {
      space();
      if (!take('"')) return fail(JsonFault::Malformed);
      Member member;
      auto const* const key = p_;
      escaped_ = false;
      if (!string()) return false;
      member.escaped_key = escaped_;
      member.key = since(key, p_ - 1);
      space();
      if (!take(':')) return fail(JsonFault::Malformed);
      space();
      auto const* const start = p_;
      if (!told) {
        if (!value(depth + 1, false)) return false;
      } else {
        if (!told_value(depth, member)) return false;
        member.value = since(start, p_);
        sink_->on_member(depth, member);
      }
      space();
      if (take('}')) return true;
      if (!take(',')) return fail(JsonFault::Malformed);
    }
  }

  /// The value of a member that the sink is told of.
  bool told_value(int depth, Member const& member) {
    if (p_ >= end_ || *p_ != '{') return value(depth + 1, false);
    auto const known = sink_->known_object(depth, member, since(p_, end_));
    p_ += known;
    return known > 0 || value(depth + 1, sink_->enters(depth, member));
  }

  bool array(int depth) {
    if (depth >= kMaxDepth) return fail(JsonFault::TooDeep);
    ++p_;
    space();
    if (take(']')) return true;
    while (true) {
      space();
      if (!value(depth + 1, false)) return false;
      space();
      if (take(']')) return true;
      if (!take(',')) return fail(JsonFault::Malformed);
    }
  }

  bool string() {
    while (true) {
      p_ = find_byte(p_, end_, kStrict);
      if (p_ >= end_) return fail(JsonFault::Malformed);
      auto const c = *p_;
      if (c == '"') {
        ++p_;
        return true;
      }
      if (c == '\\') {
        escaped_ = true;
        if (!escape()) return fail(JsonFault::Malformed);
      } else if (static_cast<unsigned char>(c) >= 0x80) {
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
  MemberSink* sink_;
  bool escaped_ = false;  ///< a string since this was set to false had a backslash in it
  JsonFault fault_ = JsonFault::Malformed;
};

}  // namespace

std::optional<JsonFault> validate(std::string_view text) { return Validator(text, nullptr).run(); }

std::optional<JsonFault> validate(std::string_view text, MemberSink& sink) { return Validator(text, &sink).run(); }

}  // namespace gateway::rpc
