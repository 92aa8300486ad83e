#include "gateway/imports/split_words.h"

#include <cstddef>
#include <utility>

#include "gateway/config/values.h"

namespace gateway::imports {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
/// What a shell does more with than to take it as it stands, outside quotes.
constexpr std::string_view kOfShells = "|&;<>()`*?[]#!";

/// Goes through a line word by word.
class ShellWords {
 public:
  ShellWords(std::string_view line, Quoting quoting) : rest_(line), is_shell_(quoting == Quoting::OfAShell) {}

  std::optional<SplitLine> all() {
    while (well_ && !rest_.empty()) take();
    end_word();
    // Before the command stand variables for it: NAME=VALUE.
    auto const sets_variable = is_shell_ && !words_.empty() && words_.front().find('=') != std::string::npos;
    if (!well_ || sets_variable) return std::nullopt;
    return SplitLine{.words = std::move(words_), .variables = std::move(variables_)};
  }

 private:
  void take() {
    auto const c = rest_.front();
    if (kBlanks.find(c) != kBlanks.npos) {
      rest_.remove_prefix(1);
      return end_word();
    }
    if (is_shell_ && c == '~' && !in_word_) return give_up();
    in_word_ = true;
    if (c == '\'') return take_single();
    if (c == '"') return take_double();
    if (is_shell_ && c == '$') return take_variable();
    if (c == '\\') {
      if (rest_.size() == 1) return give_up();
      rest_.remove_prefix(1);
    } else if (is_shell_ && kOfShells.find(c) != kOfShells.npos) {
      return give_up();
    }
    take_character();
  }

  void take_character() {
    word_ += rest_.front();
    // What is text there must not become a reference here.
    if (rest_.starts_with("${")) word_ = word_.substr(0, word_.size() - 1) + "$$";
    rest_.remove_prefix(1);
  }

  void take_single() {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '\'') take_character();
    if (rest_.empty()) return give_up();
    rest_.remove_prefix(1);
  }

  void take_double() {
    rest_.remove_prefix(1);
    while (well_ && !rest_.empty() && rest_.front() != '"') {
      if (is_shell_ && rest_.front() == '$') {
        take_variable();
        continue;
      }
      if (is_shell_ && rest_.front() == '`') return give_up();
      constexpr std::string_view kEscaped = "\"\\$`";
      if (rest_.front() == '\\' && rest_.size() > 1 && kEscaped.find(rest_[1]) != kEscaped.npos) rest_.remove_prefix(1);
      take_character();
    }
    if (rest_.empty()) return give_up();
    rest_.remove_prefix(1);
  }

  /// `$NAME` and `${NAME}`; what else begins with `$` is a shell's.
  void take_variable() {
    auto const in_braces = rest_.starts_with("${");
    auto const begin = in_braces ? 2U : 1U;
    auto end = static_cast<std::size_t>(begin);
    while (end < rest_.size() && config::is_variable_name(rest_.substr(begin, end + 1 - begin))) ++end;
    auto const closed = !in_braces || (end < rest_.size() && rest_[end] == '}');
    if (end == begin || !closed) return give_up();
    variables_.emplace_back(rest_.substr(begin, end - begin));
    word_.append("${").append(variables_.back()).append("}");
    rest_.remove_prefix(in_braces ? end + 1 : end);
  }

  void end_word() {
    if (in_word_) words_.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }

  void give_up() {
    well_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool is_shell_;
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::string word_;
  bool in_word_ = false;
  bool well_ = true;
};

}  // namespace

std::optional<SplitLine> split_words(std::string_view line, Quoting quoting) { return ShellWords{line, quoting}.all(); }

std::string as_literal(std::string text) {
  for (auto at = text.find("${"); at != text.npos; at = text.find("${", at + 3)) text.insert(at, 1, '$');
  return text;
}

}  // namespace gateway::imports
