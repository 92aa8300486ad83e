// JSON as spans of the text it came in. No tree is built anywhere, and nothing
// is checked but that brackets and quotes balance: a client's text was validated
// before (json_validator.h), and a child's bad JSON hurts only the call it answers.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/base/ascii.h"

namespace gateway::rpc {

/// The bytes of one value that starts at `text[at]` (white space skipped), or an
/// empty view when brackets or quotes do not balance. Content is not checked.
[[nodiscard]] std::string_view skip_value(std::string_view text, std::size_t at);

/// One member of an object: the key without its quotes, escapes unresolved.
struct Member {
  std::string_view key;
  std::string_view value;
  bool escaped_key = false;  ///< a backslash is in the key

  /// Whether the key spells `name`, escapes resolved.
  [[nodiscard]] bool is(std::string_view name) const { return escaped_key ? unescaped_is(name) : key == name; }
  /// Whether a parser that ignores case, as Go's does, takes the key for `name`.
  [[nodiscard]] bool resembles(std::string_view name) const {
    return escaped_key ? unescaped_resembles(name) : equal_ignoring_case(key, name);
  }

 private:
  [[nodiscard]] bool unescaped_is(std::string_view name) const;
  [[nodiscard]] bool unescaped_resembles(std::string_view name) const;
};

/// What the two walkers share. A walk gives nothing more at its end or where the
/// text stops being what it should be; `ok` tells which.
class ItemWalk {
 public:
  [[nodiscard]] bool ok() const { return ok_; }
  /// Where the walk stands: after the closing bracket once `next` gave nothing.
  [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }

 protected:
  ItemWalk(std::string_view text, char open, char close);
  /// Goes to the start of the next item. False at the end, or when it is broken.
  bool step();
  bool broken();

  char const* begin_;
  char const* end_;
  char const* at_;

 private:
  char close_;
  bool ok_ = false;
  bool first_ = true;
  bool done_ = false;
};

/// Walks the members of an object.
class MemberWalk final : public ItemWalk {
 public:
  explicit MemberWalk(std::string_view object) : ItemWalk(object, '{', '}') {}
  [[nodiscard]] std::optional<Member> next();
};

/// Walks the elements of an array.
class ElementWalk final : public ItemWalk {
 public:
  explicit ElementWalk(std::string_view array) : ItemWalk(array, '[', ']') {}
  [[nodiscard]] std::optional<std::string_view> next();
};

/// The value of the member `name`, or an empty view. The last one wins, as in
/// the parsers of the children.
[[nodiscard]] std::string_view find_member(std::string_view object, std::string_view name);

/// Whether the text is an array, with nothing behind it, of one object at least and of
/// nothing else. As deep as it may be, nothing recurses.
[[nodiscard]] bool is_array_of_objects(std::string_view text);

[[nodiscard]] inline bool is_string(std::string_view value) { return !value.empty() && value.front() == '"'; }
[[nodiscard]] inline bool is_object(std::string_view value) { return !value.empty() && value.front() == '{'; }
[[nodiscard]] inline bool is_array(std::string_view value) { return !value.empty() && value.front() == '['; }

/// First byte of white space that is none.
[[nodiscard]] std::size_t skip_space(std::string_view text, std::size_t at);

}  // namespace gateway::rpc
