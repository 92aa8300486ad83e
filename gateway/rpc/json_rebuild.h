// A JSON object written anew with some of its members changed.
#pragma once

#include <string>
#include <string_view>

#include "gateway/rpc/json_scanner.h"

namespace gateway::rpc {

/// Writes one object, member by member, to the end of a string.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }
  /// Goes on with an object that has been written up to its closing bracket.
  ObjectWriter(std::string& out, bool is_empty) : out_(out), first_(is_empty) {}

  /// Begins a member; its raw value is appended to what this returns. `raw_key` is without quotes, escapes as they were.
  std::string& member(std::string_view raw_key) {
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.push_back('"');
    out_.append(raw_key);
    return out_.append("\":");
  }
  /// Adds members that are written already, with commas between them.
  void members(std::string_view raw_members) {
    if (raw_members.empty()) return;
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.append(raw_members);
  }
  void close() { out_.push_back('}'); }

 private:
  std::string& out_;
  bool first_ = true;
};

/// Appends `object` without the members that `drop(Member const&)` selects, all others byte for byte.
template <typename Drop>
void append_without(std::string& out, std::string_view object, Drop drop) {
  ObjectWriter writer(out);
  MemberWalk walk(object);
  while (auto const member = walk.next()) {
    if (!drop(*member)) writer.member(member->key).append(member->value);
  }
  writer.close();
}

}  // namespace gateway::rpc
