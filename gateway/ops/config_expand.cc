#include "gateway/ops/config_expand.h"

namespace gateway::ops {
namespace {

/// The text a reference such as `VAR:-default` stands for.
Result<std::string> resolve(std::string_view reference, Environment const& environment) {
  constexpr std::string_view kFile = "file:";
  if (reference.starts_with(kFile) && reference.size() > kFile.size()) {
    auto content = environment.file(std::string{reference.substr(kFile.size())});
    if (!content) return content.error();
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    return content;
  }
  auto const mark = reference.find(":-");
  auto const name = std::string{reference.substr(0, mark)};
  if (!is_variable_name(name))
    return Error{
        fmt::format("expected ${{VAR}}, ${{VAR:-default}} or ${{file:/path}}, found '${{{}}}' "
                    "(write $${{ for a literal ${{)",
                    reference)};
  auto value = environment.variable(name);
  if (mark != reference.npos)
    return value.value_or("").empty() ? std::string{reference.substr(mark + 2)} : *value;
  if (!value)
    return Error{
        fmt::format("the environment variable {0} is not set; ${{{0}:-default}} would give a default", name)};
  return *value;
}

/// Expands one text; empty when something in it could not be.
std::optional<std::string> expanded(ConfigPlace const& place, std::string_view text,
                                    Environment const& environment) {
  std::string result;
  bool whole = true;
  while (!text.empty()) {
    auto const open = text.find("${");
    result += text.substr(0, open);
    if (open == text.npos) break;
    bool const literal = open > 0 && text[open - 1] == '$';  // `$${` is `${`
    text.remove_prefix(open + 2);
    if (literal) {
      result += '{';
      continue;
    }
    auto const close = text.find('}');
    if (close == text.npos) {
      place.error("expected a } that closes ${");
      return std::nullopt;
    }
    auto const value = resolve(text.substr(0, close), environment);
    text.remove_prefix(close + 1);
    if (value)
      result += *value;
    else
      place.error(value.error().what);
    whole = whole && value.ok();
  }
  if (!whole) return std::nullopt;
  if (result.find('\0') == result.npos) return result;
  place.error("expected a text without NUL characters");
  return std::nullopt;
}

}  // namespace

void expand_variables(ConfigPlace const& place, Json& value, Environment const& environment) {
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) expand_variables(place.member(key), member, environment);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) expand_variables(place.element(i), value[i], environment);
  } else if (value.is_string()) {
    auto const original = value.get<std::string>();
    auto text = expanded(place, original, environment);
    if (!text) {
      value = Json(Json::value_t::discarded);
    } else if (*text != original) {
      place.expanded_from(original);
      value = std::move(*text);
    }
  }
}

}  // namespace gateway::ops
