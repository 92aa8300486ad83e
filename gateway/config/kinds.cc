#include "gateway/config/kinds.h"

#include <algorithm>
#include <charconv>

namespace gateway::config {
namespace {

/// Every text may also be made of variables, which an editor cannot judge.
constexpr std::string_view kVariablePattern = R"(\$\{)";

/// A pattern for texts of one form, or with variables in them.
std::string or_variable(std::string_view pattern) { return fmt::format("{}|{}", pattern, kVariablePattern); }

/// A schema of one type and a pattern.
Json text_schema(Json type, std::string_view pattern) {
  return {{"type", std::move(type)}, {"pattern", or_variable(pattern)}};
}

/// A whole number, also as the text an expanded variable is; empty for anything else.
std::optional<std::int64_t> whole_number(Json const& found) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found.is_number_unsigned()) return static_cast<std::int64_t>(std::min(found.get<std::uint64_t>(), kMost));
  if (found.is_number_integer()) return found.get<std::int64_t>();
  if (!found.is_string()) return std::nullopt;
  auto const& text = found.get_ref<std::string const&>();
  std::int64_t number{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// As text that is valid whatever it was made of.
std::string dumped(Json const& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The sentence, with the bound when the schema has one.
std::string described(std::string_view sentence, Json const& schema) {
  auto const bound = schema.find("x-bound");
  return bound == schema.end() ? std::string{sentence} : fmt::format("{} ({})", sentence, bound->get<std::string>());
}

bool within(std::int64_t number, std::size_t min, std::size_t max) {
  return number >= 0 && static_cast<std::uint64_t>(number) >= min && static_cast<std::uint64_t>(number) <= max;
}

}  // namespace

void Flag::read(ConfigPlace const& place, Json const& found, bool& into) const {
  if (found.is_boolean())
    into = found.get<bool>();
  else if (found == "true" || found == "false")
    into = found == "true";
  else
    place.mismatch("true or false", found);
}

Json Flag::schema() const { return text_schema({"boolean", "string"}, "^(true|false)$"); }

void Count::read(ConfigPlace const& place, Json const& found, std::size_t& into) const {
  auto const number = whole_number(found);
  if (!number) return place.mismatch(fmt::format("a whole number in {}..{}", min, max), found);
  if (!within(*number, min, max)) return place.mismatch(fmt::format("{}..{}", min, max), found);
  into = static_cast<std::size_t>(*number);
}

Json Count::schema() const {
  auto schema = text_schema({"integer", "string"}, "^[0-9]+$");
  schema["minimum"] = min;
  schema["maximum"] = max;
  schema["x-bound"] = fmt::format("{}..{}", min, max);
  return schema;
}

void Ratio::read(ConfigPlace const& place, Json const& found, double& into) const {
  auto number = found.is_number() ? found.get<double>() : -1;
  if (found.is_string()) {
    auto const& text = found.get_ref<std::string const&>();
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) number = -1;
  }
  if (!(number >= 0 && number <= 1)) return place.mismatch("a number in 0..1", found);
  into = number;
}

Json Ratio::schema() const {
  auto schema = text_schema({"number", "string"}, R"(^[0-9]*\.?[0-9]+$)");
  schema["minimum"] = 0;
  schema["maximum"] = 1;
  schema["x-bound"] = "0..1";
  return schema;
}

void ByteSize::read(ConfigPlace const& place, Json const& found, std::size_t& into) const {
  auto const bound = fmt::format("{}..{}", bytes_text(min), bytes_text(max));
  auto const number = whole_number(found);
  auto const size = number && *number >= 0 ? static_cast<std::size_t>(*number)
                    : found.is_string()    ? parse_bytes(found.get_ref<std::string const&>())
                                           : std::nullopt;
  if (number ? !within(*number, min, max) : size && (*size < min || *size > max)) return place.mismatch(bound, found);
  if (!size)
    return place.mismatch(fmt::format("a number of bytes or a size such as \"4MiB\" (B, KiB, MiB, GiB) in {}", bound),
                          found);
  into = *size;
}

Json ByteSize::schema() const {
  auto schema = text_schema({"integer", "string"}, "^[0-9]+(B|KiB|MiB|GiB)?$");
  schema["minimum"] = min;
  schema["maximum"] = max;
  schema["x-bound"] = fmt::format("{}..{}", bytes_text(min), bytes_text(max));
  return schema;
}

void Span::read(ConfigPlace const& place, Json const& found, milliseconds& into) const {
  auto const bound = fmt::format("{}..{}", duration_text(min), duration_text(max));
  auto const duration = found.is_string() ? parse_duration(found.get_ref<std::string const&>()) : std::nullopt;
  if (!duration)
    return place.mismatch(fmt::format("a duration with its unit such as \"30s\" (ms, s, m, h) in {}", bound), found);
  if (*duration < min || *duration > max) return place.mismatch(bound, found);
  into = *duration;
}

Json Span::schema() const {
  auto schema = text_schema("string", "^[0-9]+(ms|s|m|h)$");
  schema["x-bound"] = fmt::format("{}..{}", duration_text(min), duration_text(max));
  return schema;
}

void Text::read(ConfigPlace const& place, Json const& found, std::string& into) const {
  bool const good = found.is_string() && (fits == nullptr || fits(found.get_ref<std::string const&>()));
  if (good)
    into = found.get<std::string>();
  else if (hidden)
    place.mismatch_hidden(expected, found);
  else
    place.mismatch(expected, found);
}

Json Text::schema() const { return {{"type", "string"}}; }

void Texts::read(ConfigPlace const& place, Json const& found, std::vector<std::string>& into) const {
  if (!found.is_array()) return place.mismatch_hidden("a list of texts, [\"a\", \"b\"]", found);
  into.clear();
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i].is_discarded()) each.read(place.element(i), found[i], into.emplace_back());
}

Json Texts::schema() const { return {{"type", "array"}, {"items", each.schema()}}; }

void Patterns::read(ConfigPlace const& place, Json const& found, std::vector<std::string>& into) const {
  constexpr Text kPattern{"a pattern that is not empty", [](std::string_view text) { return !text.empty(); }};
  if (!found.is_array()) return place.mismatch(fmt::format("a list of {}", expected), found);
  if (found.empty()) return place.error(fmt::format("expected a list of {}, found an empty one", expected));
  Texts{kPattern}.read(place, found, into);
}

Json Patterns::schema() const {
  return {{"type", "array"}, {"items", {{"type", "string"}, {"minLength", 1}}}, {"minItems", 1}};
}

void NamedPatterns::read(ConfigPlace const& place, Json const& found,
                         std::map<std::string, std::vector<std::string>, std::less<>>& into) const {
  constexpr Patterns kValues{"values, such as [\"dev\", \"ops-*\"]"};
  if (!found.is_object()) return place.mismatch_hidden("an object of claims and lists of values", found);
  for (auto const& [name, value] : found.items()) {
    if (name.empty())
      place.error("expected names that are not empty");
    else if (!value.is_discarded())
      kValues.read(place.member(name), value, into[name]);
  }
}

Json NamedPatterns::schema() const { return {{"type", "object"}, {"additionalProperties", Patterns{}.schema()}}; }

namespace {

constexpr Choice<QuotaEach, 3> kQuotaEach{
    {{{"principal", QuotaEach::Principal}, {"service", QuotaEach::Service}, {"tool", QuotaEach::Tool}}}};

}  // namespace

void QuotaEachList::read(ConfigPlace const& place, Json const& found, std::vector<QuotaEach>& into) const {
  if (!found.is_array()) return place.mismatch_hidden(R"(a list of "principal", "service" and "tool")", found);
  into.clear();
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i].is_discarded()) kQuotaEach.read(place.element(i), found[i], into.emplace_back());
}

Json QuotaEachList::schema() const { return {{"type", "array"}, {"items", kQuotaEach.schema()}}; }

Json QuotaEachList::show(std::vector<QuotaEach> const& value) const {
  Json shown = Json::array();
  for (auto const each : value) shown.push_back(kQuotaEach.show(each));
  return shown;
}

void Moment::read(ConfigPlace const& place, Json const& found, std::optional<UnixTime>& into) const {
  into = found.is_string() ? parse_moment(found.get_ref<std::string const&>()) : std::nullopt;
  if (!into) place.mismatch("a day or a time in UTC such as \"2027-01-31\" or \"2027-01-31T18:00:00Z\"", found);
}

Json Moment::schema() const { return text_schema("string", "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}Z)?$"); }

void HiddenToken::read(ConfigPlace const& place, Json const& found, Secret& into) const {
  if (!found.is_string() || !is_bearer_token(found.get_ref<std::string const&>()))
    return place.mismatch_hidden("a bearer token (A-Z a-z 0-9 - . _ ~ + / and = at its end)", found);
  into = Secret{found.get<std::string>()};
  if (into.reveal().size() < 16) place.warning("a token of less than 16 characters can be guessed");
}

Json HiddenToken::schema() const { return {{"type", "string"}}; }

void HiddenTokenOrNone::read(ConfigPlace const& place, Json const& found, Secret& into) const {
  if (found.is_string() && found.get_ref<std::string const&>().empty()) return;
  HiddenToken{}.read(place, found, into);
}

void HiddenText::read(ConfigPlace const& place, Json const& found, Secret& into) const {
  if (!found.is_string() || found.get_ref<std::string const&>().empty())
    return place.mismatch_hidden("a text that is not empty", found);
  into = Secret{found.get<std::string>()};
}

void Variables::read(ConfigPlace const& place, Json const& found,
                     std::map<std::string, Secret, std::less<>>& into) const {
  if (!found.is_object())
    return place.mismatch_hidden("an object of environment variables, {\"NAME\": \"value\"}", found);
  for (auto const& [name, value] : found.items()) {
    if (name.empty() || name.find('=') != name.npos || name.find('\0') != name.npos)
      place.error("expected names of environment variables, found one that is empty or holds =");
    else if (name == "MCP_GATEWAY_CHILD")
      place.member(name).error("the gateway sets this variable itself");
    else if (value.is_string())
      into.insert_or_assign(name, Secret{value.get<std::string>()});
    else if (value.is_number() || value.is_boolean())
      into.insert_or_assign(name, Secret{value.dump()});
    else if (!value.is_null() && !value.is_discarded())
      place.member(name).mismatch_hidden("a text", value);
  }
}

Json Variables::schema() const {
  return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
}

void HeaderFields::read(ConfigPlace const& place, Json const& found,
                        std::map<std::string, Secret, std::less<>>& into) const {
  if (!found.is_object()) return place.mismatch_hidden("an object of header fields", found);
  into.clear();
  for (auto const& [name, value] : found.items()) {
    if (value.is_discarded()) continue;
    auto const* const text = value.is_string() ? &value.get_ref<std::string const&>() : nullptr;
    auto const fits =
        text != nullptr && std::ranges::none_of(*text, [](char c) { return c != '\t' && (c < ' ' || c == 0x7f); });
    if (!is_header_name(name))
      place.error("expected names of header fields");
    else if (!fits)
      place.member(name).mismatch_hidden("a text without line ends", value);
    else
      into.insert_or_assign(name, Secret{*text});
  }
}

Json HeaderFields::schema() const { return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}; }

void NamedByteSizes::read(ConfigPlace const& place, Json const& found,
                          std::map<std::string, std::size_t, std::less<>>& into) const {
  if (!found.is_object()) return place.mismatch_hidden("an object of names and sizes", found);
  into.clear();
  for (auto const& [name, value] : found.items())
    if (name.empty())
      place.error("expected names that are not empty");
    else if (!value.is_discarded())
      each.read(place.member(name), value, into[name]);
}

Json NamedByteSizes::schema() const {
  auto size = each.schema();
  auto bound = size["x-bound"];
  return {{"type", "object"}, {"additionalProperties", std::move(size)}, {"x-bound", std::move(bound)}};
}

Json NamedByteSizes::show(std::map<std::string, std::size_t, std::less<>> const& value) const {
  Json shown = Json::object();
  for (auto const& [name, size] : value) shown[name] = each.show(size);
  return shown;
}

void ObjectText::read(ConfigPlace const& place, Json const& found, std::string& into) const {
  if (!found.is_object()) return place.mismatch_hidden("an object", found);
  into = dumped(found);
}

Json ObjectText::schema() const { return {{"type", "object"}}; }

void PointedValues::read(ConfigPlace const& place, Json const& found,
                         std::map<std::string, std::string, std::less<>>& into) const {
  if (!found.is_object()) return place.mismatch_hidden("an object of JSON pointers and values", found);
  for (auto const& [pointer, value] : found.items())
    if (!is_json_pointer(pointer))
      place.error(fmt::format("expected JSON pointers such as \"/status\", found '{:.60}'", pointer));
    else if (!value.is_discarded())
      into.insert_or_assign(pointer, dumped(value));
}

Json PointedValues::schema() const { return {{"type", "object"}, {"additionalProperties", true}}; }

void ToolsOrCount::read(ConfigPlace const& place, Json const& found, ExpectedTools& into) const {
  if (found.is_array())
    Texts{}.read(place, found, into.names);
  else if (found.is_number() || found.is_string())
    Count{0, 100'000}.read(place, found, into.count);
  else
    place.mismatch_hidden("a number of tools or a list of their names", found);
}

Json ToolsOrCount::schema() const {
  return {{"anyOf", {{{"type", "integer"}, {"minimum", 0}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
}

void Address::read(ConfigPlace const& place, Json const& found, ListenAddress& into) const {
  auto const address = parse_listen_address(found.is_string() ? found.get_ref<std::string const&>() : "");
  if (!address) return place.mismatch(kAddressForms, found);
  into = *address;
}

Json Address::schema() const { return {{"type", "string"}}; }

void AddressOrOff::read(ConfigPlace const& place, Json const& found, std::optional<ListenAddress>& into) const {
  if (found == "off") return into.reset();
  auto const address = parse_listen_address(found.is_string() ? found.get_ref<std::string const&>() : "");
  if (!address) return place.mismatch(fmt::format("{}, or off", kAddressForms), found);
  into = *address;
}

Json AddressOrOff::schema() const { return {{"type", "string"}}; }

Json choice_schema(std::vector<std::string_view> const& words) {
  return {{"type", "string"}, {"anyOf", {{{"enum", words}}, {{"pattern", kVariablePattern}}}}};
}

std::string choice_text(std::vector<std::string_view> const& words) {
  std::string text;
  for (auto const word : words) text += fmt::format("{}'{}'", text.empty() ? "" : " or ", word);
  return text;
}

Json const* Members::find(std::string_view key, Presence presence) {
  known_.push_back(key);
  auto const member = object_.find(key);
  if (member == object_.end() || member->is_null()) {
    if (presence == Presence::Required) place_.error(fmt::format("expected the key '{}', which is missing", key));
    return nullptr;
  }
  return member->is_discarded() ? nullptr : &*member;
}

void Members::report_unknown() const {
  for (auto const& [key, value] : object_.items())
    if (std::ranges::find(known_, key) == known_.end())
      place_.error(fmt::format("unknown key '{}'{}", key, suggestion(key, known_)));
}

void ObjectSchema::add(std::string_view key, Presence presence, std::string_view sentence, Json schema, Json shown) {
  schema["description"] = described(sentence, schema);
  if (presence == Presence::Required)
    required_.push_back(key);
  else if (!shown.is_null())
    schema["default"] = std::move(shown);
  properties_[std::string{key}] = std::move(schema);
}

Json ObjectSchema::take() {
  Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties_)}};
  if (!required_.empty()) schema["required"] = std::move(required_);
  return schema;
}

}  // namespace gateway::config
