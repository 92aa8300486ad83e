// JSON as spans of the text it came in. No tree is built anywhere.
//
// Two modes of one scanner. What a client sends is validated whole before a
// shared child sees a byte of it: `validate`. What a child sends is only walked
// over, since a child's bad JSON hurts only the call it answers: `skip_value`
// and the walkers built on it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::rpc {

/// Nesting above this is refused: deeper than any real message, shallower than
/// any stack.
inline constexpr int kMaxDepth = 128;

enum class JsonFault { Malformed, TooDeep, BadUtf8 };

/// Checks that `text` is exactly one JSON value (RFC 8259) in valid UTF-8, with
/// optional white space around it.
[[nodiscard]] std::optional<JsonFault> validate(std::string_view text);

/// The bytes of one value that starts at `text[at]` (white space skipped), or an
/// empty view when brackets or quotes do not balance. Content is not checked.
[[nodiscard]] std::string_view skip_value(std::string_view text, std::size_t at);

/// One member of an object: the key without its quotes, escapes unresolved.
struct Member {
  std::string_view key;
  std::string_view value;
};

/// Walks the members of an object. `next` gives nothing at the end or where the
/// text stops being an object; `ok` tells which.
class MemberWalk {
 public:
  explicit MemberWalk(std::string_view object);
  [[nodiscard]] std::optional<Member> next();
  [[nodiscard]] bool ok() const { return ok_; }
  /// Where the walk stands: after the closing brace once `next` gave nothing.
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = false;
  bool first_ = true;
  bool done_ = false;
};

/// Walks the elements of an array in the same way.
class ElementWalk {
 public:
  explicit ElementWalk(std::string_view array);
  [[nodiscard]] std::optional<std::string_view> next();
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = false;
  bool first_ = true;
  bool done_ = false;
};

/// The value of the member `name`, or an empty view. The last one wins, as in
/// the parsers of the children.
[[nodiscard]] std::string_view find_member(std::string_view object, std::string_view name);

/// True when the raw key (or string content) spells `name`, escapes resolved.
[[nodiscard]] bool spells(std::string_view raw, std::string_view name);

/// The text of a JSON string given with or without its quotes, escapes resolved
/// (a lone surrogate becomes U+FFFD). Anything else is given back as it is.
[[nodiscard]] std::string unquote(std::string_view json_string);

[[nodiscard]] inline bool is_string(std::string_view value) { return !value.empty() && value.front() == '"'; }
[[nodiscard]] inline bool is_object(std::string_view value) { return !value.empty() && value.front() == '{'; }
[[nodiscard]] inline bool is_array(std::string_view value) { return !value.empty() && value.front() == '['; }

/// What a quick look at the bytes of a line tells.
struct ByteTraits {
  bool has_control = false;  ///< a byte below 0x20
  bool has_high = false;     ///< a byte of 0x80 or more
};
[[nodiscard]] ByteTraits byte_traits(std::string_view text);

/// First byte of white space that is none.
[[nodiscard]] std::size_t skip_space(std::string_view text, std::size_t at);

}  // namespace gateway::rpc
