#include "gateway/backend/probe_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "gateway/config/values.h"

namespace gateway::backend {
namespace {

using Value = nlohmann::json;

/// Reading is work for the loop; no probe needs more to be judged.
constexpr std::size_t kMostBytes = config::kMiB;
constexpr std::size_t kShownBytes = 200;

/// The beginning of a text, for a reason in words. Never half a character.
std::string shown(std::string_view text) {
  auto end = std::min(text.size(), kShownBytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  auto line = std::string(text.substr(0, end));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

/// A tree is copied, compared and written by functions that call themselves, and a
/// server's answer may be as deep as it is long: what is deeper counts as no JSON.
constexpr int kDeepest = 64;

Value parsed(std::string_view text) {
  auto too_deep = false;
  auto const shallow = [&](int depth, Value::parse_event_t, Value&) {
    too_deep |= depth > kDeepest;
    return !too_deep;
  };
  auto tree = Value::parse(text, shallow, false);
  return too_deep ? Value(Value::value_t::discarded) : tree;
}

Value const* member(Value const& object, char const* name) {
  if (!object.is_object()) return nullptr;
  auto const found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

/// The texts of a tool's content, one after the other.
std::vector<std::string_view> texts_of(Value const& result) {
  std::vector<std::string_view> texts;
  auto const* const content = member(result, "content");
  if (content == nullptr || !content->is_array()) return texts;
  for (auto const& block : *content) {
    auto const* const text = member(block, "text");
    if (text != nullptr && text->is_string()) texts.push_back(text->get_ref<std::string const&>());
  }
  return texts;
}

/// What pointers point into.
Value document_of(config::ProbeConfig const& probe, Value const& result, std::vector<std::string_view> const& texts) {
  if (!probe.method.empty()) return result;
  if (auto const* const structured = member(result, "structuredContent")) return *structured;
  return texts.empty() ? Value{} : parsed(texts.front());
}

/// The value that stands there; none when the way to it is not there.
std::optional<Value> pointed(Value const& document, std::string const& pointer) {
  try {
    return document.at(Value::json_pointer(pointer));
  } catch (Value::exception const&) {
    return std::nullopt;
  }
}

std::string fault_of_values(config::ProbeConfig const& probe, Value const& document) {
  for (auto const& [pointer, wanted] : probe.expect.json) {
    auto const found = pointed(document, pointer);
    if (!found) return fmt::format("its answer has no {}", pointer.empty() ? "JSON" : pointer);
    if (*found != parsed(wanted)) {
      auto const text = found->dump(-1, ' ', false, Value::error_handler_t::replace);
      return fmt::format("{} is {}, expected {}", pointer, shown(text), shown(wanted));
    }
  }
  return {};
}

std::string fault_of_texts(config::ExpectConfig const& expect, std::vector<std::string_view> const& texts) {
  auto const holds = [&](std::string const& wanted) {
    for (auto const text : texts)
      if (text.find(wanted) != text.npos) return true;
    return false;
  };
  if (!expect.contains.empty() && !holds(expect.contains))
    return fmt::format("its answer does not contain '{}'", shown(expect.contains));
  if (!expect.absent.empty() && holds(expect.absent))
    return fmt::format("its answer contains '{}'", shown(expect.absent));
  return {};
}

}  // namespace

std::string fault_of_result(config::ProbeConfig const& probe, std::string_view raw_result) {
  if (raw_result.size() > kMostBytes) return "its answer is too large to be judged";
  auto const result = parsed(raw_result);
  if (!result.is_object()) return "its answer is no JSON object";

  auto const is_tool = probe.method.empty();
  auto const texts = is_tool ? texts_of(result) : std::vector<std::string_view>{raw_result};
  auto const* const is_error = member(result, "isError");
  if (is_tool && is_error != nullptr && *is_error == true)
    return fmt::format("the tool failed: {}", texts.empty() ? "it did not say why" : shown(texts.front()));
  auto fault = fault_of_texts(probe.expect, texts);
  if (!fault.empty() || probe.expect.json.empty()) return fault;
  return fault_of_values(probe, document_of(probe, result, texts));
}

std::string fault_of_error(std::string_view raw_error) {
  auto const error = raw_error.size() > kMostBytes ? Value{} : parsed(raw_error);
  auto const* const message = member(error, "message");
  if (message == nullptr || !message->is_string()) return "it answered with an error";
  return fmt::format("it answered with an error: {}", shown(message->get_ref<std::string const&>()));
}

}  // namespace gateway::backend
