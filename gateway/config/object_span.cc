#include "gateway/config/object_span.h"

#include <algorithm>

#include "gateway/config/layout.h"
#include "gateway/config/text.h"

namespace gateway::config {

namespace {

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The first place from `at` on that is neither blank nor in a comment.
std::size_t after_remarks(std::string_view json, std::size_t at) {
  while (at < json.size()) {
    if (is_white(json[at])) {
      ++at;
    } else if (json[at] == '/') {
      at = skip_comment_or_text(json, at);
    } else {
      return at;
    }
  }
  return at;
}

/// Behind the value that begins at `at`.
std::size_t after_value(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  while (at < json.size()) {
    auto const c = json[at];
    auto const skipped = skip_comment_or_text(json, at);
    if (depth == 0 && skipped > at && c == '"') return skipped;
    if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == '/' || is_white(c))) return at;  // a number or a word
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    at = std::max(skipped, at + 1);
  }
  return at;
}

std::size_t line_begin(std::string_view json, std::size_t at) {
  auto const before = json.substr(0, at).rfind('\n');
  return before == json.npos ? 0 : before + 1;
}

/// What stands before `at` on its line, if that is blank.
std::optional<std::string_view> indentation_at(std::string_view json, std::size_t at) {
  auto const begin = line_begin(json, at);
  auto const before = json.substr(begin, at - begin);
  return std::ranges::all_of(before, is_white) ? std::optional(before) : std::nullopt;
}

/// The blanks at the beginning of the line of `at`.
std::string_view line_indentation(std::string_view json, std::size_t at) {
  auto const line = json.substr(line_begin(json, at));
  auto const end = std::ranges::find_if(line, [](char c) { return c != ' ' && c != '\t'; });
  return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

/// Behind the comments that follow on the same line, and not further than the line's last character.
std::size_t after_remarks_of_line(std::string_view json, std::size_t at) {
  auto end = at;
  for (auto place = at; place < json.size();) {
    if (json[place] == ' ' || json[place] == '\t') {
      ++place;
      continue;
    }
    auto const remark = json[place] == '/' ? skip_comment_or_text(json, place) : place;
    if (remark == place || json.substr(place, remark - place).find('\n') != json.npos) break;
    end = place = remark;
  }
  return end > at && json[end - 1] == '\r' ? end - 1 : end;
}

/// How the lines of the file begin and end.
struct Lines {
  std::string newline;
  std::string before;  ///< the members of the object
  std::string step;

  Lines(std::string_view json, ObjectSpan const& object)
      : newline(json.find("\r\n") == json.npos ? "\n" : "\r\n"), before(), step("  ") {
    auto const outer = line_indentation(json, object.begin);
    auto const own = object.members.empty() ? std::nullopt : indentation_at(json, object.members.back().begin);
    if (own && own->size() > outer.size() && own->starts_with(outer)) step = own->substr(outer.size());
    if (!own && outer.starts_with('\t')) step = "\t";
    before = own ? std::string(*own) : std::string(outer) + step;
  }
};

/// With the newlines of the file.
std::string member_text(std::string_view key, Json const& value, Lines const& lines) {
  auto text = Json(key).dump() + ": " + laid_out(value, {.step = lines.step, .before = lines.before});
  if (lines.newline == "\n") return text;
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at + 2)) text.replace(at, 1, lines.newline);
  return text;
}

/// For a line with others. No text of JSON holds a newline.
std::string on_one_line_with_others(std::string const& member) {
  std::string line;
  for (std::size_t at = 0; at < member.size(); ++at) {
    if (member[at] != '\n' && member[at] != '\r') {
      line += member[at];
      continue;
    }
    while (at + 1 < member.size() && is_white(member[at + 1])) ++at;
    line += ' ';
  }
  return line;
}

/// Into an object that has no members, and may have comments.
std::string with_first_member(std::string_view json, ObjectSpan const& object, std::string const& member,
                              Lines const& lines) {
  auto const close = object.end - 1;
  auto kept = json.substr(0, close);
  while (is_white(kept.back())) kept.remove_suffix(1);
  auto const outer = std::string(line_indentation(json, object.begin));
  return std::string(kept) + lines.newline + lines.before + member + lines.newline + outer +
         std::string(json.substr(close));
}

/// The comma that follows a member; empty for the last one without.
std::optional<std::size_t> comma_after(std::string_view json, MemberSpan const& member) {
  auto const next = after_remarks(json, member.end);
  return next < json.size() && json[next] == ',' ? std::optional(next) : std::nullopt;
}

}  // namespace

MemberSpan const* ObjectSpan::find(std::string_view key) const {
  auto const found = std::ranges::find(members, key, &MemberSpan::key);
  return found == members.end() ? nullptr : &*found;
}

std::optional<ObjectSpan> object_at(std::string_view json, std::size_t at) {
  ObjectSpan object{.begin = after_remarks(json, at)};
  if (object.begin >= json.size() || json[object.begin] != '{') return std::nullopt;
  for (at = after_remarks(json, object.begin + 1); at < json.size() && json[at] != '}'; at = after_remarks(json, at)) {
    if (json[at] == ',') {
      ++at;
      continue;
    }
    auto const key_end = skip_comment_or_text(json, at);
    auto const colon = after_remarks(json, key_end);
    if (key_end == at || colon >= json.size() || json[colon] != ':') return std::nullopt;
    auto const value = after_remarks(json, colon + 1);
    auto const key = Json::parse(json.substr(at, key_end - at), nullptr, false);
    if (!key.is_string()) return std::nullopt;
    object.members.push_back({.key = key, .begin = at, .value = value, .end = after_value(json, value)});
    at = object.members.back().end;
  }
  if (at >= json.size()) return std::nullopt;
  object.end = at + 1;
  return object;
}

std::string with_member(std::string_view json, ObjectSpan const& object, std::string_view key, Json const& value) {
  Lines const lines(json, object);
  auto const member = member_text(key, value, lines);
  if (object.members.empty()) return with_first_member(json, object, member, lines);
  auto const& last = object.members.back();
  auto const comma = comma_after(json, last);
  std::string text(json.substr(0, last.end));
  if (!indentation_at(json, last.begin)) {  // all on one line
    text += ", " + on_one_line_with_others(member);
    return text += json.substr(last.end);
  }
  // Behind what is said of the last member on its line.
  auto const end = after_remarks_of_line(json, comma ? *comma + 1 : last.end);
  if (!comma) text += ',';
  text += json.substr(last.end, end - last.end);
  text += lines.newline + lines.before + member;
  if (comma) text += ',';  // the file ends its lists so
  return text += json.substr(end);
}

std::string without_member(std::string_view json, ObjectSpan const& object, MemberSpan const& member) {
  auto const comma = comma_after(json, member);
  auto const indentation = indentation_at(json, member.begin);
  auto begin = indentation ? member.begin - indentation->size() : member.begin;
  auto end = after_remarks_of_line(json, comma ? *comma + 1 : member.end);
  if (indentation && end < json.size() && json.substr(end).starts_with("\r\n")) ++end;
  if (indentation && end < json.size() && json[end] == '\n') ++end;
  if (!indentation && comma)  // on one line with others
    while (end < json.size() && json[end] == ' ') ++end;
  std::string text(json.substr(0, begin));
  auto const is_first = &member == &object.members.front();
  if (!comma && !is_first) {
    auto const before = comma_after(json, *(&member - 1));
    if (before) text.erase(*before, 1);
    if (!indentation) text.erase(text.find_last_not_of(' ') + 1);
  }
  return text += json.substr(end);
}

}  // namespace gateway::config
