#include "gateway/config/json.h"

#include <algorithm>
#include <functional>
#include <set>

#include "gateway/base/nearest.h"
#include "gateway/config/text.h"

namespace gateway::config {
namespace {

constexpr int kMaxDepth = 32;

/// Replaces each comma before a closing bracket by a space, so that lines and
/// columns in errors stay true.
std::string without_trailing_commas(std::string_view text) {
  std::string json{text};
  std::size_t comma = json.npos;  // the last comma, while only spaces and comments follow it
  bool after_value = false;       // `[,]` stays as it is, and wrong
  for (std::size_t at = 0; at < json.size();) {
    auto const end = skip_comment_or_text(json, at);
    if (end > at && json[at] == '/') {
      at = end;
      continue;
    }
    char const c = json[at];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      if ((c == '}' || c == ']') && comma != json.npos) json[comma] = ' ';
      comma = (c == ',' && after_value) ? at : json.npos;
      after_value = c != ',' && c != '[' && c != '{' && c != ':';
    }
    at = std::max(end, at + 1);
  }
  return json;
}

/// Watches the parser go through the file to find keys that stand twice and
/// nesting nobody means.
class Watcher {
 public:
  explicit Watcher(ConfigReport& report) : report_(report) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_end || event == Event::array_end) {
      open_.pop_back();
    } else if (event == Event::key) {
      open_.back().key = parsed.get<std::string>();
      if (!open_.back().keys.insert(open_.back().key).second) place().error("this key stands twice");
    } else {
      if (!open_.empty() && open_.back().is_list) ++open_.back().index;
      if (event != Event::value) open_.push_back({.is_list = event == Event::array_start});
    }
    if (depth > kMaxDepth && !too_deep_) {
      too_deep_ = true;
      place().error(fmt::format("expected at most {} levels of nesting", kMaxDepth));
    }
    return true;
  }

  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  struct Level {
    bool is_list = false;
    std::size_t index = static_cast<std::size_t>(-1);
    std::string key{};
    std::set<std::string> keys{};
  };

  ConfigPlace place() const {
    ConfigPlace at{report_, ""};
    for (auto const& level : open_) {
      if (level.is_list && level.index != static_cast<std::size_t>(-1)) at = at.element(level.index);
      if (!level.is_list && !level.keys.empty()) at = at.member(level.key);
    }
    return at;
  }

  ConfigReport& report_;
  std::vector<Level> open_;
  bool too_deep_ = false;
};

/// The library's message holds what it read last, which may be a secret: keeps
/// only the parts made of its own words.
ConfigError syntax_error(std::string_view message) {
  auto const between = [&](std::string_view from, std::string_view to) {
    auto const begin = message.find(from);
    if (begin == message.npos) return std::string_view{};
    auto const rest = message.substr(begin + from.size());
    return rest.substr(0, rest.find(to));
  };
  auto where = between("parse error at ", ":");
  std::string what{between(" - ", "; last read: '")};
  if (where.empty()) where = "JSON";
  if (what.empty()) what = "a number is too large";
  // What goes on where it did not end: the likeliest mistake is a comma that is missing.
  if (what.ends_with("; expected '}'") || what.ends_with("; expected ']'")) what.insert(what.size() - 3, "',' or ");
  return {std::string{where}, fmt::format("not valid JSON: {}", what)};
}

std::string kind_of(Json const& value) {
  if (value.is_null()) return "null";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a text";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  return "something else";
}

}  // namespace

ConfigPlace ConfigPlace::member(std::string_view key) const {
  bool const plain = is_plain_name(key) && key.find('.') == key.npos;
  if (!plain) return {*report_, fmt::format("{}[\"{}\"]", path_, key)};
  return {*report_, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

ConfigPlace ConfigPlace::element(std::size_t index) const { return {*report_, fmt::format("{}[{}]", path_, index)}; }

bool ConfigPlace::has_errors() const {
  return std::ranges::any_of(report_->errors, [this](auto const& error) {
    auto const& path = error.path;
    return path.starts_with(path_) &&
           (path.size() == path_.size() || path[path_.size()] == '.' || path[path_.size()] == '[');
  });
}

void ConfigPlace::mismatch(std::string_view expected, Json const& found) const {
  auto const original = report_->originals.find(path_);
  if (original != report_->originals.end())
    return error(fmt::format("expected {}, found what '{}' stands for", expected, original->second));
  if (found.is_string())
    return error(fmt::format("expected {}, found '{:.60}'", expected, found.get_ref<std::string const&>()));
  if (found.is_number() || found.is_boolean())
    return error(fmt::format("expected {}, found {}", expected, found.dump()));
  mismatch_hidden(expected, found);
}

void ConfigPlace::mismatch_hidden(std::string_view expected, Json const& found) const {
  error(fmt::format("expected {}, found {}", expected, kind_of(found)));
}

std::optional<Json> parse_config_json(std::string_view text, ConfigReport& report) {
  ConfigPlace const file{report, "the file"};
  if (auto const why = not_a_text(text)) {
    file.error(*why);
    return std::nullopt;
  }
  try {
    Watcher watcher{report};
    auto tree = Json::parse(without_trailing_commas(text), std::ref(watcher), true, true);
    if (watcher.too_deep()) return std::nullopt;
    if (tree.is_object()) return tree;
    file.mismatch_hidden("an object such as {\"mcpServers\": {...}}", tree);
  } catch (Json::exception const& problem) {
    auto const other = other_format(text);
    report.errors.push_back(other ? ConfigError{other->where, other->what} : syntax_error(problem.what()));
  }
  return std::nullopt;
}

bool has(Json const& object, std::string_view key) {
  auto const member = object.find(key);
  return member != object.end() && !member->is_null();
}

bool is_remark(std::string_view key) { return key.starts_with("//") || key.starts_with('_'); }

std::string suggestion(std::string_view key, std::vector<std::string_view> const& names) {
  auto const near = nearest(key, names);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

}  // namespace gateway::config
