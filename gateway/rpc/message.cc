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
  /// `params`, if any, is told of the members of params.
  explicit Fields(MemberSink* params = nullptr) : params_(params) {}

  [[nodiscard]] std::string_view operator[](Field field) const { return values_[static_cast<std::size_t>(field)]; }

  /// Whether none is doubled, or spelled in another case or with escapes. Of
  /// doubled ones the last is kept.
  [[nodiscard]] bool clear() const { return clear_; }

  [[nodiscard]] bool enters(int depth, Member const& member) const override {
    if (params_ == nullptr) return false;
    return depth == 0 ? member.key == kFields[static_cast<std::size_t>(Field::Params)]
                      : params_->enters(depth - 1, member);
  }
  [[nodiscard]] std::size_t known_object(int depth, Member const& member, std::string_view rest) override {
    return depth > 0 ? params_->known_object(depth - 1, member, rest) : 0;
  }
  void on_member(int depth, Member const& member) override {
    if (depth > 0) return params_->on_member(depth - 1, member);
    clear_ &= take(member);
  }

 private:
  bool take(Member const& member) {
    // An escaped key could spell any of the names.
    if (member.escaped_key) return false;
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (member.key != kFields[i]) continue;
      auto const doubled = !values_[i].empty();
      values_[i] = member.value;
      return !doubled;
    }
    return std::ranges::none_of(kFields, [&](std::string_view field) { return member.resembles(field); });
  }

  MemberSink* params_;
  std::array<std::string_view, kFields.size()> values_{};
  bool clear_ = true;
};

constexpr std::string_view kNull = "null";

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_legal_id(std::string_view id) {
  if (id.size() > kMaxIdBytes) return false;
  return is_string(id) || is_digits(id.starts_with('-') ? id.substr(1) : id);
}

std::string_view unless_null(std::string_view value) { return value == kNull ? std::string_view{} : value; }

/// Null, and an array of nothing, are what some libraries write where there are none.
std::string_view params_of(std::string_view value) {
  auto const is_empty_array = is_array(value) && value[skip_space(value, 1)] == ']';
  return is_empty_array ? std::string_view{} : unless_null(value);
}

/// Nobody waits for an answer to a notification, so an id that is null can be none.
std::string_view id_of(std::string_view value, std::string_view raw_method) {
  return value == kNull && raw_method.starts_with("\"notifications/") ? std::string_view{} : plain_id(value);
}

/// Null beside the other of the two says that it is not there.
void set_answer(Message& message, std::string_view result, std::string_view error) {
  message.error = unless_null(error);
  message.result = message.error.empty() ? result : unless_null(result);
}

void set_method(Message& message, std::string_view raw) {
  raw = raw.substr(1, raw.size() - 2);
  if (raw.find('\\') == std::string_view::npos) {
    message.method.assign(raw);
  } else {
    message.method = unquote(raw);
  }
}

/// `fields` are read from the text on the way.
std::variant<Message, Unreadable> client_message(std::string_view text, Fields& fields) {
  using enum ErrorCode;
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
  auto const method = unless_null(fields[Field::Method]);
  message.id = id_of(fields[Field::Id], method);
  if (!message.id.empty() && !is_legal_id(message.id)) {
    return Unreadable{InvalidRequest, "id must be a string or an integer", {}};
  }
  auto const refuse = [&](std::string_view why) { return Unreadable{InvalidRequest, why, message.id}; };
  if (fields[Field::JsonRpc] != R"("2.0")") return refuse("jsonrpc must be \"2.0\"");

  if (method.empty()) {
    set_answer(message, fields[Field::Result], fields[Field::Error]);
    if (message.id.empty()) return refuse("neither a method nor an answer to one");
    if (message.result.empty() == message.error.empty()) return refuse("an answer holds either result or error");
    message.kind = MessageKind::Response;
    return message;
  }
  if (!unless_null(fields[Field::Result]).empty() || !unless_null(fields[Field::Error]).empty()) {
    return refuse("a request holds no result or error");
  }
  if (!is_string(method) || method.size() > kMaxMethodBytes) return refuse("method must be a short string");
  message.params = params_of(fields[Field::Params]);
  if (!message.params.empty() && !is_object(message.params)) return refuse("params must be an object");
  set_method(message, method);
  message.kind = message.id.empty() ? MessageKind::Notification : MessageKind::Request;
  return message;
}

}  // namespace

bool is_batch(std::string_view text) {
  auto const at = skip_space(text, 0);
  return at < text.size() && text[at] == '[';
}

std::variant<Message, Unreadable> read_client_message(std::string_view text) {
  Fields fields;
  return client_message(text, fields);
}

std::variant<Message, Unreadable> read_client_message(std::string_view text, MemberSink& params) {
  Fields fields(&params);
  return client_message(text, fields);
}

std::optional<Message> read_child_line(std::string_view line) {
  line.remove_prefix(std::min(line.size(), skip_space(line, 0)));
  Fields fields;
  MemberWalk walk(line);
  while (auto const member = walk.next()) fields.on_member(0, *member);
  if (!walk.ok() || skip_space(line, walk.position()) != line.size()) return std::nullopt;
  if (fields[Field::JsonRpc] != R"("2.0")") return std::nullopt;

  Message message;
  message.id = id_of(fields[Field::Id], fields[Field::Method]);
  if (is_string(fields[Field::Method])) {
    message.params = params_of(fields[Field::Params]);
    set_method(message, fields[Field::Method]);
    message.kind = message.id.empty() ? MessageKind::Notification : MessageKind::Request;
    return message;
  }
  set_answer(message, fields[Field::Result], fields[Field::Error]);
  if (message.result.empty() && message.error.empty()) return std::nullopt;
  if (!message.error.empty() && !is_object(message.error)) return std::nullopt;
  message.kind = MessageKind::Response;
  return message;
}

std::string_view plain_id(std::string_view raw_id) {
  auto const point = raw_id.find('.');
  if (point == std::string_view::npos) return raw_id;
  auto const whole = raw_id.substr(0, point);
  auto const zeros = raw_id.substr(std::min(raw_id.size(), whole.size() + 1));
  auto const is_whole_number = is_digits(whole.starts_with('-') ? whole.substr(1) : whole) && !zeros.empty() &&
                               zeros.find_first_not_of('0') == std::string_view::npos;
  return is_whole_number ? whole : raw_id;
}

std::optional<std::uint64_t> id_number(std::string_view raw_id) {
  raw_id = plain_id(raw_id);
  if (is_string(raw_id) && raw_id.size() >= 2) raw_id = raw_id.substr(1, raw_id.size() - 2);
  std::uint64_t number = 0;
  auto const [end, ec] = std::from_chars(raw_id.data(), raw_id.data() + raw_id.size(), number);
  if (ec != std::errc{} || end != raw_id.data() + raw_id.size()) return std::nullopt;
  return number;
}

}  // namespace gateway::rpc
