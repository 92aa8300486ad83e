#include "gateway/config/expand.h"

#include <algorithm>
#include <initializer_list>

#include "gateway/config/values.h"

namespace gateway::config {
namespace {

/// What only an editor knows, and what to write instead; empty for other references.
std::string of_an_editor(std::string_view reference) {
  auto const colon = reference.find(':');
  auto const kind = reference.substr(0, colon);
  auto const is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, kind) != names.end();
  };
  auto const instead = [&](std::string_view what) {
    return fmt::format("${{{:.60}}} is an editor's variable; {}", reference, what);
  };
  if (colon != reference.npos && is_one_of({"input", "promptString"})) {
    auto name = std::string(reference.substr(colon + 1, 60));
    for (char& c : name) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      if (!is_variable_name(fmt::format("_{}", c))) c = '_';
    }
    return fmt::format(
        "${{{:.60}}} is what an editor asks its user for; put it into an environment variable and write ${{{}}}",
        reference, name);
  }
  if (colon != reference.npos && is_one_of({"command", "config"})) return instead("write what it stands for");
  if (kind == "userHome") return instead("write ${HOME}");
  if (is_one_of({"pathSeparator", "/"})) return instead("write /");
  if (is_one_of({"workspaceFolder", "workspaceRoot", "workspaceFolderBasename", "fileDirname", "file", "relativeFile",
                 "__dirname"}))
    return instead("write the folder's path, or ${dir} for that of this file");
  return {};
}

/// Whether a variable is meant by `$NAME` alone, as a shell and Gemini write it, or by `{env:NAME}`, as opencode does.
bool means_variable(std::string_view text) {
  constexpr std::string_view kOfOpencode = "{env:";
  auto const is_upper = [](char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (text.starts_with('$') && is_variable_name(text.substr(1))) return std::ranges::all_of(text.substr(1), is_upper);
  auto const open = text.find(kOfOpencode);
  if (open == text.npos || (open > 0 && text[open - 1] == '$')) return false;
  auto const rest = text.substr(open + kOfOpencode.size());
  return is_variable_name(rest.substr(0, rest.find('}')));
}

/// What a reference such as `VAR:-default` stands for.
struct Resolved {
  std::string text;
  bool is_from_outside = true;  ///< and not a default, which everybody can read in the file
};

Result<Resolved> resolve(std::string_view reference, Environment const& environment) {
  constexpr std::string_view kFile = "file:";
  constexpr std::string_view kVariable = "env:";  // Cursor's and VS Code's way to write a variable
  if (reference.starts_with(kFile) && reference.size() > kFile.size()) {
    auto content = environment.file(std::string{reference.substr(kFile.size())});
    if (!content) return content.error();
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    return Resolved{*std::move(content)};
  }
  if (reference.starts_with(kVariable)) reference.remove_prefix(kVariable.size());
  auto const mark = reference.find(":-");
  auto const name = std::string{reference.substr(0, mark)};
  auto const value = is_variable_name(name) ? environment.variable(name) : std::nullopt;
  if (mark != reference.npos && is_variable_name(name) && value.value_or("").empty())
    return Resolved{.text = std::string{reference.substr(mark + 2)}, .is_from_outside = false};
  if (value) return Resolved{*value};
  if (auto why = of_an_editor(reference); !why.empty()) return Error{std::move(why)};
  if (is_variable_name(name))
    return Error{fmt::format("{}; ${{{}:-default}} would give a default", unset_text(name), name)};
  return Error{
      fmt::format("expected ${{VAR}}, ${{VAR:-default}} or ${{file:/path}}, found '${{{}}}' "
                  "(write $${{ for a literal ${{)",
                  reference)};
}

/// Expands one text; empty when something in it could not be.
std::optional<std::string> expanded(ConfigPlace const& place, std::string_view text, Environment const& environment) {
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
    whole = whole && value.ok();
    if (!value) {
      place.error(value.error().what);
      continue;
    }
    result += value->text;
    if (value->is_from_outside) place.put_in(value->text);
  }
  if (!whole) return std::nullopt;
  if (result.find('\0') == result.npos) return result;
  place.error("expected a text without NUL characters");
  return std::nullopt;
}

}  // namespace

std::string unset_text(std::string_view variable) {
  return fmt::format("the environment variable {} is not set", variable);
}

void expand_variables(ConfigPlace const& place, Json& value, Environment const& environment) {
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) expand_variables(place.member(key), member, environment);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) expand_variables(place.element(i), value[i], environment);
  } else if (value.is_string()) {
    auto const original = value.get<std::string>();
    if (means_variable(original)) place.warning("Passed verbatim; write ${NAME} for an environment variable.");
    auto text = expanded(place, original, environment);
    if (!text) {
      value = Json(Json::value_t::discarded);
    } else if (*text != original) {
      place.expanded_from(original);
      value = std::move(*text);
    }
  }
}

}  // namespace gateway::config
