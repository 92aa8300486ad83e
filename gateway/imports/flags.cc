#include "gateway/imports/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace gateway::imports {

namespace {

/// `--output-transport` is `--outputTransport` to supergateway, and no flag of mcp-proxy has both.
std::string in_camel_case(std::string_view name) {
  std::string text(name.substr(0, 2));
  for (std::size_t i = 2; i < name.size(); ++i) {
    if (name[i] == '-' && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z') {
      text += static_cast<char>(name[++i] - 'a' + 'A');
    } else {
      text += name[i];
    }
  }
  return text;
}

class FlagReader {
 public:
  FlagReader(std::span<std::string const> line, std::span<FlagForm const> forms, Unknown unknown)
      : line_(line), forms_(forms), unknown_(unknown) {}

  Result<SeenLine> whole_line() {
    while (at_ < line_.size() && wrong_.empty()) take(line_[at_++]);
    if (!wrong_.empty()) return Error{wrong_};
    return std::move(seen_);
  }

 private:
  void take(std::string const& word) {
    if (word == "--") {
      seen_.words.insert(seen_.words.end(), line_.begin() + static_cast<std::ptrdiff_t>(at_), line_.end());
      at_ = line_.size();
    } else if (!is_flag(word)) {
      seen_.words.push_back(word);
    } else {
      auto const equals = word.starts_with("--") ? word.find('=') : word.npos;
      auto const name = word.substr(0, equals);
      auto const value = equals == word.npos ? std::nullopt : std::optional(word.substr(equals + 1));
      auto const* const form = form_of(name);
      if (form == nullptr) return take_unknown(word, name, value.has_value());
      take_known(*form, value);
    }
  }

  [[nodiscard]] static bool is_flag(std::string_view word) {
    auto const is_number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';
    return word.size() > 1 && word.front() == '-' && !is_number;
  }

  [[nodiscard]] FlagForm const* form_of(std::string_view name) const {
    auto const camel = in_camel_case(name);
    auto const found = std::ranges::find_if(forms_, [&](FlagForm const& form) {
      return form.name == name || form.name == camel || (!form.letter.empty() && form.letter == name);
    });
    return found == forms_.end() ? nullptr : &*found;
  }

  void take_unknown(std::string const& word, std::string const& name, bool has_value) {
    if (unknown_ == Unknown::OfTheCommand && !seen_.words.empty()) {
      seen_.handed_on.push_back(name);
      seen_.words.push_back(word);
      return;
    }
    seen_.unknown.push_back(name);
    if (unknown_ == Unknown::WithValue && !has_value && at_ < line_.size() && !is_flag(line_[at_])) ++at_;
  }

  void take_known(FlagForm const& form, std::optional<std::string> const& value) {
    SeenFlag flag{.name = std::string(form.name), .values = {}};
    if (value) flag.values.push_back(*value);
    auto const [least, most] = limits(form.takes);
    while (!value && flag.values.size() < most && at_ < line_.size() && may_follow(form, flag.values.size() < least))
      flag.values.push_back(line_[at_++]);
    if (flag.values.size() < least) wrong_ = fmt::format("{}: expected a value", form.name);
    seen_.flags.push_back(std::move(flag));
  }

  [[nodiscard]] static std::pair<std::size_t, std::size_t> limits(Takes takes) {
    constexpr auto kAll = static_cast<std::size_t>(-1);
    switch (takes) {
      case Takes::None:
      case Takes::PerhapsOne: return {0, 1};
      case Takes::One: return {1, 1};
      case Takes::Two: return {2, 2};
      case Takes::Any: return {0, kAll};
      case Takes::Some: return {1, kAll};
    }
    return {0, 0};
  }

  /// A switch takes only what can be meant for it; what a flag must have may begin with a dash unless it is a flag.
  [[nodiscard]] bool may_follow(FlagForm const& form, bool is_needed) const {
    auto const& word = line_[at_];
    if (form.takes == Takes::None) return word == "true" || word == "false";
    if (word == "--") return false;
    return !is_flag(word) || (is_needed && form_of(word.substr(0, word.find('='))) == nullptr);
  }

  std::span<std::string const> line_;
  std::span<FlagForm const> forms_;
  Unknown unknown_;
  std::size_t at_ = 0;
  SeenLine seen_;
  std::string wrong_;
};

}  // namespace

Result<SeenLine> read_flags(std::span<std::string const> line, std::span<FlagForm const> forms, Unknown unknown) {
  return FlagReader{line, forms, unknown}.whole_line();
}

}  // namespace gateway::imports
