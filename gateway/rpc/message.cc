#include "gateway/rpc/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::rpc {

namespace {

constexpr std::size_t kMaxIdBytes = 1024;
constexpr std::size_t kMaxMethodBytes = 256;

enum class Field : std::size_t { JsonRpc, Id, Method, Params, Result, Error };
constexpr std::array<std::string_view, 6> kFields{"jsonrpc", "id", "method", "params", "result", "error"};

/// The top-level members of a message, by name.
class Fields final : public MemberSink {
 public:
  [[nodiscard]] std::string_view operator[](Field field) const { return values_[static_cast<std::size_t>(field)]; }

  /// Whether none is doubled, or spelled in another case or with escapes. Of
  /// doubled ones the last is kept.
  [[nodiscard]] bool clear() const { return clear_; }

  void on_member(Member const& member) override { clear_ &= take(member); }

 private:
  bool take(Member const& member) {
    // An escaped key could spell any of the names.
    if (member.escaped_key) return false;
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (member.key.size() != kFields[i].size()) continue;
      if (member.key == kFields[i]) {
        auto const doubled = !values_[i].empty();
        values_[i] = member.value;
        return !doubled;
      }
      if (member.resembles(kFields[i])) return false;
    }
    return true;
  }

  std::array<std::string_view, kFields.size()> values_{};
  bool clear_ = true;
};

bool is_integer(std::string_view token) {
  if (!token.empty() && token.front() == '-') token.remove_prefix(1);
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_legal_id(std::string_view id) {
  return id.size() <= kMaxIdBytes && (is_string(id) || is_integer(id));
}

bool is_structured(std::string_view params) { return params.empty() || is_object(params) || is_array(params); }

void set_method(Message& message, std::string_view raw) {
  raw = raw.substr(1, raw.size() - 2);
  if (raw.find('\\') == std::string_view::npos) {
    message.method.assign(raw);
  } else {
    message.method = unquote(raw);
  }
}

}  // namespace

bool is_batch(std::string_view text) {
  auto const at = skip_space(text, 0);
  return at < text.size() && text[at] == '[';
}

std::variant<Message, Unreadable> read_client_message(std::string_view text) {
  using enum ErrorCode;
  Fields fields;
  if (auto const fault = validate(text, fields)) {
    switch (*fault) {
      case JsonFault::Malformed: return Unreadable{ParseError, "the body is not valid JSON", {}};
      case JsonFault::TooDeep: return Unreadable{ParseError, "the JSON is nested more than 128 levels deep", {}};
      case JsonFault::BadUtf8: return Unreadable{ParseError, "the body is not valid UTF-8", {}};
    }
  }
  if (!is_object(text.substr(skip_space(text, 0)))) {
    return Unreadable{InvalidRequest, "expected one JSON-RPC message, an object", {}};
  }
  if (!fields.clear()) {
    return Unreadable{InvalidRequest, "a member of the message is doubled or misspelled", {}};
  }

  Message message;
  message.id = fields[Field::Id];
  if (!message.id.empty() && !is_legal_id(message.id)) {
    return Unreadable{InvalidRequest, "id must be a string or an integer", {}};
  }
  auto const refuse = [&](std::string_view why) { return Unreadable{InvalidRequest, why, message.id}; };
  if (fields[Field::JsonRpc] != R"("2.0")") return refuse("jsonrpc must be \"2.0\"");

  auto const method = fields[Field::Method];
  message.result = fields[Field::Result];
  message.error = fields[Field::Error];
  if (method.empty()) {
    if (message.id.empty()) return refuse("neither a method nor an answer to one");
    if (message.result.empty() == message.error.empty()) return refuse("an answer holds either result or error");
    message.kind = MessageKind::Response;
    return message;
  }
  if (!message.result.empty() || !message.error.empty()) return refuse("a request holds no result or error");
  if (!is_string(method) || method.size() > kMaxMethodBytes) return refuse("method must be a short string");
  message.params = fields[Field::Params];
  if (!is_structured(message.params)) return refuse("params must be an object");
  set_method(message, method);
  message.kind = message.id.empty() ? MessageKind::Notification : MessageKind::Request;
  return message;
}

std::optional<Message> read_child_line(std::string_view line) {
  line.remove_prefix(std::min(line.size(), skip_space(line, 0)));
  Fields fields;
  MemberWalk walk(line);
  while (auto const member = walk.next()) fields.on_member(*member);
  if (!walk.ok() || skip_space(line, walk.position()) != line.size()) return std::nullopt;
  if (fields[Field::JsonRpc] != R"("2.0")") return std::nullopt;

  Message message;
  message.id = fields[Field::Id];
  message.params = fields[Field::Params];
  message.result = fields[Field::Result];
  message.error = fields[Field::Error];
  if (is_string(fields[Field::Method])) {
    set_method(message, fields[Field::Method]);
    message.kind = message.id.empty() ? MessageKind::Notification : MessageKind::Request;
    return message;
  }
  if (message.result.empty() && message.error.empty()) return std::nullopt;
  if (!message.error.empty() && !is_object(message.error)) return std::nullopt;
  message.kind = MessageKind::Response;
  return message;
}

std::optional<std::uint64_t> id_number(std::string_view raw_id) {
  if (is_string(raw_id) && raw_id.size() >= 2) raw_id = raw_id.substr(1, raw_id.size() - 2);
  std::uint64_t number = 0;
  auto const [end, ec] = std::from_chars(raw_id.data(), raw_id.data() + raw_id.size(), number);
  if (ec != std::errc{} || end != raw_id.data() + raw_id.size()) return std::nullopt;
  return number;
}

}  // namespace gateway::rpc
