// The strict reader accepts exactly what nlohmann's parser does, and what it
// accepts the walkers cut into the members and elements of nlohmann's tree.
//
// The differences, class by class:
//  - nesting above kMaxDepth, which only we refuse
//  - a byte order mark at the front, which nlohmann passes over
//  - a NUL outside of strings, which nlohmann takes for the end of the text
//  - numbers that overflow a double, which nlohmann refuses
//  - escapes of lone surrogates, which nlohmann refuses; they reach the child as they are
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace gateway::rpc;
using Json = nlohmann::json;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

/// The text with every escaped surrogate as another escape of the same length.
std::string without_surrogates(std::string text) {
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    ++i;
    auto const is_surrogate = text[i] == 'u' && (text[i + 1] | 0x20) == 'd' &&
                              std::string_view("89abcdefABCDEF").find(text[i + 2]) != std::string_view::npos;
    if (is_surrogate) text[i + 1] = 'e';
  }
  return text;
}

enum class Verdict { Accepted, Refused, Overflow };

/// Judges a text and builds nothing.
struct Judge : nlohmann::json_sax<Json> {
  Verdict verdict = Verdict::Accepted;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, string_t const&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const& error) override {
    constexpr int kNumberOverflow = 406;
    verdict = error.id == kNumberOverflow ? Verdict::Overflow : Verdict::Refused;
    return false;
  }
};

Verdict judged_by_nlohmann(std::string const& text) {
  Judge judge;
  Json::sax_parse(text, &judge);
  return judge.verdict;
}

Json parsed(std::string_view raw) { return Json::parse(without_surrogates(std::string(raw))); }

void compare_members(std::string_view object, Json const& tree) {
  std::map<std::string, Json> members;
  MemberWalk walk(object);
  while (auto const member = walk.next()) {
    auto const key = unquote(without_surrogates(std::string(member->key)));
    members[key] = parsed(member->value);
  }
  require(walk.ok() && skip_space(object, walk.position()) == object.size(), "the walk ends with the object");
  require(Json(members) == tree, "members");
  for (auto const& [key, value] : tree.items()) {
    if (without_surrogates(std::string(object)) == object)
      require(parsed(find_member(object, key)) == value, "the last of a name");
  }
}

void compare_elements(std::string_view array, Json const& tree) {
  auto elements = Json::array();
  ElementWalk walk(array);
  while (auto const element = walk.next()) elements.push_back(parsed(*element));
  require(walk.ok() && elements == tree, "elements");
}

void compare_with_nlohmann(std::string_view text) {
  auto const fault = validate(text);
  if (text.find('\0') != std::string_view::npos) return require(fault.has_value(), "a NUL is refused");
  if (text.starts_with("\xEF\xBB\xBF")) return require(fault.has_value(), "a byte order mark is refused");
  if (fault == JsonFault::TooDeep) return;
  auto const theirs = judged_by_nlohmann(without_surrogates(std::string(text)));
  if (theirs == Verdict::Overflow) return;
  require(!fault.has_value() == (theirs == Verdict::Accepted), "the same texts are accepted");
  if (fault) return;

  auto const tree = parsed(text);
  auto const value = skip_value(text, 0);
  require(skip_space(text, 0) + value.size() <= text.size() && parsed(value) == tree, "the whole value");
  if (tree.is_object()) compare_members(text, tree);
  if (tree.is_array()) compare_elements(text, tree);
  if (tree.is_string() && without_surrogates(std::string(text)) == text)
    require(unquote(value) == tree.get<std::string>(), "unquoted");
}

/// Whatever a child says, walking over it stays within it.
void walk_over(std::string_view text) {
  std::vector<char> const exact(text.begin(), text.end());
  std::string_view const view(exact.data(), exact.size());
  MemberWalk members(view);
  while (auto const member = members.next()) {
    (void)unquote(member->key);
    require(!member->value.empty(), "a member has a value");
  }
  ElementWalk elements(view);
  while (elements.next()) {
  }
  (void)unquote(view);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  compare_with_nlohmann(text);
  walk_over(text);
  return 0;
}
