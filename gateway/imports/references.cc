#include "gateway/imports/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "gateway/config/values.h"

namespace gateway::imports {

namespace {

using config::is_variable_name;

bool is_upper_name(std::string_view text) {
  return is_variable_name(text) && std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// A whole text that is a variable in the words of some program: its name, or nothing.
std::string_view whole_variable(Kind kind, std::string_view text) {
  constexpr std::string_view kOfLiteLlm = "os.environ/";
  constexpr std::string_view kOfOpencode = "{env:";
  if (kind == Kind::LiteLlm && text.starts_with(kOfLiteLlm)) return text.substr(kOfLiteLlm.size());
  if (text.starts_with(kOfOpencode) && text.ends_with('}'))
    return text.substr(kOfOpencode.size(), text.size() - kOfOpencode.size() - 1);
  return text.starts_with('$') && is_upper_name(text.substr(1)) ? text.substr(1) : std::string_view{};
}

}  // namespace

std::string variable_name(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    name += is_variable_name(fmt::format("_{}", c)) ? c : '_';
  }
  return is_variable_name(name) ? name : "_" + name;
}

void References::rewrite(std::string const& path, Json& value) {
  config::ConfigReport unused;
  config::ConfigPlace const place{unused, path};
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) rewrite(place.member(key).path(), member);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) rewrite(place.element(i).path(), value[i]);
  } else if (value.is_string()) {
    value = rewritten(path, value.get<std::string>());
  }
}

std::string References::rewritten(std::string const& path, std::string_view text) {
  if (auto const name = whole_variable(kind_, text); is_variable_name(name)) return variable(std::string(name));
  std::string result;
  while (!text.empty()) {
    auto const open = text.find("${");
    auto const close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    result += text.substr(0, open);
    result += reference(path, text.substr(open + 2, close - open - 2));
    text.remove_prefix(close + 1);
  }
  // One that is not closed is no reference, there or here.
  auto const open = text.find("${");
  if (open == text.npos) return result += text;
  return result.append(text.substr(0, open)).append("$").append(text.substr(open));
}

/// What stands between the braces.
std::string References::reference(std::string const& path, std::string_view inner) {
  auto const colon = inner.find(':');
  auto const kind = inner.substr(0, colon);
  auto const rest = colon == inner.npos ? std::string_view{} : inner.substr(colon + 1);
  if (is_variable_name(kind) && rest.starts_with('-')) return fmt::format("${{{}}}", inner);
  if (kind == "env" && is_variable_name(rest)) return variable(std::string(rest));
  if (kind == "input" || kind == "promptString") return input(rest);
  if (inner == "userHome") return variable("HOME");
  if (inner == "pathSeparator" || inner == "/") return "/";
  if (kind == "file" && !rest.empty()) return fmt::format("${{{}}}", inner);
  if (inner == "workspaceFolder" || inner == "workspaceRoot" || inner == "workspaceFolderBasename") {
    auto const folder =
        inner.ends_with("Basename") ? std::filesystem::path(workspace_).filename().string() : workspace_;
    if (!folder.empty()) return folder;
  } else if (is_variable_name(inner) && !inner.starts_with("file") && !inner.starts_with("relativeFile")) {
    return variable(std::string(inner));
  }
  // A name such as workspaceFolder gets its words apart.
  std::string words;
  for (char const c : inner) words += (c >= 'A' && c <= 'Z') ? fmt::format("_{}", c) : std::string(1, c);
  auto const name = variable_name(words);
  remarks_.push_back({path, fmt::format("${{{:.60}}} is known to an editor only: set the variable {} to what it stands "
                                        "for",
                                        inner, name)});
  return variable(name);
}

std::string References::input(std::string_view id) {
  used_inputs_.emplace(id);
  auto const name = variable_name(id);
  auto const asked = std::ranges::find(inputs_, id, &AskedInput::id);
  if (asked == inputs_.end() || asked->otherwise.empty() || asked->otherwise.find('}') != std::string::npos)
    return variable(name);
  return fmt::format("${{{}:-{}}}", name, asked->otherwise);
}

std::string References::variable(std::string name) {
  auto text = fmt::format("${{{}}}", name);
  variables_.insert(std::move(name));
  return text;
}

}  // namespace gateway::imports
