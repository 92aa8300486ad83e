// What a client sends is validated whole before a shared child sees a byte of it.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/rpc/json_scanner.h"

namespace gateway::rpc {

/// Nesting above this is refused: deeper than any real message, shallower than
/// any stack.
inline constexpr int kMaxDepth = 128;

enum class JsonFault { Malformed, TooDeep, BadUtf8 };

/// Checks that `text` is exactly one JSON value (RFC 8259) in valid UTF-8, with
/// optional white space around it.
[[nodiscard]] std::optional<JsonFault> validate(std::string_view text);

/// Is told of members of an object while it is validated, so that it need not be walked over a second time.
class MemberSink {
 public:
  /// Whether to be told of the members of this member's value as well, should that be an object; it is not known yet.
  /// Members of the outermost object have depth 0.
  [[nodiscard]] virtual bool enters(int depth, Member const& member) const = 0;
  /// How many bytes at the front of `rest` are an object, the member's value, that is known to be valid: it is not read
  /// again, and its members are not told. 0 where that is not known.
  [[nodiscard]] virtual std::size_t known_object(int depth, Member const& member, std::string_view rest) = 0;
  /// A member, after the members of its value.
  virtual void on_member(int depth, Member const& member) = 0;

 protected:
  ~MemberSink() = default;
};

/// As `validate`; where the text is an object, `sink` is told of its members in
/// their order, up to the first fault.
[[nodiscard]] std::optional<JsonFault> validate(std::string_view text, MemberSink& sink);

}  // namespace gateway::rpc
