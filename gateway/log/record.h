// The lines logged for every call. The names, order and types of their members are known at compile time, so everything
// but the values is copied as constants. That takes a third of the instructions of a line with a list of members.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "gateway/base/byte_queue.h"
#include "gateway/log/line_writer.h"

namespace gateway::log {

/// A string as a template argument. Nothing in it needs escaping.
template <std::size_t N>
struct Constant {
  consteval Constant(char const (&text)[N]) {  // NOLINT: implicit on purpose
    for (std::size_t i = 0; i < N; ++i) bytes[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes.data(), N - 1}; }
  std::array<char, N> bytes{};
};

/// A string from a closed set of ours: nothing in it needs escaping.
struct Label {
  std::string_view text;
};

/// One member of a record. An empty string, Label or optional is omitted; a Duration is written in milliseconds.
template <Constant name, typename Value>
struct Member {
  static constexpr auto kName = name;
  Value value;
};
template <Constant name, typename Value>
[[nodiscard]] Member<name, Value> member(Value value) {
  return {value};
}

namespace record_detail {

/// Constants concatenated at compile time.
template <Constant... parts>
struct Joined {
  static constexpr auto kBytes = [] {
    std::array<char, (parts.view().size() + ...)> all{};
    std::size_t at = 0;
    auto const add = [&](std::string_view text) {
      for (auto const c : text) all[at++] = c;
    };
    (add(parts.view()), ...);
    return all;
  }();
};

template <typename Value>
inline constexpr bool kIsOptional = false;
template <typename Value>
inline constexpr bool kIsOptional<std::optional<Value>> = true;

template <typename Value>
std::size_t room_for(Value const& value) {
  if constexpr (std::is_same_v<Value, std::string_view>) return LineWriter::string_room(value);
  if constexpr (std::is_same_v<Value, Label>) return value.text.size() + 2;
  return LineWriter::kNumberRoom;
}

template <typename Value>
bool is_absent(Value const& value) {
  if constexpr (std::is_same_v<Value, std::string_view>) return value.empty();
  if constexpr (std::is_same_v<Value, Label>) return value.text.empty();
  if constexpr (kIsOptional<Value>) return !value;
  return false;
}

template <typename Value>
void write(LineWriter& to, Value const& value) {
  if constexpr (std::is_same_v<Value, std::string_view>) {
    to.string(value);
  } else if constexpr (std::is_same_v<Value, Label>) {
    to.raw('"').raw(value.text).raw('"');
  } else if constexpr (kIsOptional<Value>) {
    to.number(*value);
  } else {
    to.number(value);
  }
}

template <Constant name, typename Value>
void write_member(LineWriter& to, Member<name, Value> const& member) {
  if (is_absent(member.value)) return;
  to.raw(Joined<",\"", name, "\":">::kBytes);
  write(to, member.value);
}

}  // namespace record_detail

/// Appends an info line without its line end: what format_log_line returns for the same members, then
/// `constant_members`.
template <Constant event, Constant message, typename... Members>
void append_json_record(ByteQueue& out, std::string_view timestamp, std::string_view constant_members,
                        Members const&... members) {
  using namespace record_detail;
  constexpr auto const& kFront =
      Joined<"\",\"level\":\"info\",\"event\":\"", event, "\",\"msg\":\"", message, "\"">::kBytes;
  constexpr auto kConstants =
      kFront.size() + (Joined<",\"", Members::kName, "\":">::kBytes.size() + ...) + sizeof R"({"ts":"})";
  LineWriter to(out.extend(kConstants + timestamp.size() + constant_members.size() + (room_for(members.value) + ...)));
  auto const* const start = to.end();
  to.raw(R"({"ts":")").raw(timestamp).raw(kFront);
  (write_member(to, members), ...);
  to.raw(constant_members).raw('}');
  out.commit(static_cast<std::size_t>(to.end() - start));
}

}  // namespace gateway::log
