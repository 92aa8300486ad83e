#include "gateway/config/layout.h"

#include <algorithm>

namespace gateway::config {

namespace {

constexpr std::size_t kLineWidth = 120;

std::string json_of(Json const& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The whole on one line; empty where something in it is a list or an object itself.
std::string on_one_line(Json const& value) {
  if (!value.is_structured() || value.empty()) return json_of(value);
  auto const is_object = value.is_object();
  std::string line = is_object ? "{ " : "[";
  auto first = true;
  for (auto const& [key, member] : value.items()) {
    if (member.is_structured() && !member.empty()) return {};
    if (!first) line += ", ";
    first = false;
    if (is_object) line += json_of(Json(key)) + ": ";
    line += json_of(member);
  }
  return line + (is_object ? " }" : "]");
}

std::string laid_out_at(Json const& value, std::string_view step, std::string const& before, std::size_t column) {
  auto const line = on_one_line(value);
  if (!line.empty() && (!value.is_structured() || column + line.size() < kLineWidth)) return line;
  auto const inner = before + std::string(step);
  std::string text = value.is_object() ? "{" : "[";
  auto first = true;
  for (auto const& [key, member] : value.items()) {
    auto const name = value.is_object() ? json_of(Json(key)) + ": " : std::string{};
    text += (first ? "\n" : ",\n") + inner + name;
    text += laid_out_at(member, step, inner, inner.size() + name.size());
    first = false;
  }
  return text + "\n" + before + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string laid_out(Json const& value, Indentation indentation) {
  auto const before = std::string(indentation.before);
  return laid_out_at(value, indentation.step, before, before.size());
}

}  // namespace gateway::config
