// The kinds of values a field can hold. Each knows how to read itself, what
// its schema is and how its default looks.
#pragma once

#include <array>
#include <tuple>
#include <utility>

#include "gateway/config/json.h"

namespace gateway::config {

/// `true` or `false`.
struct Flag {
  void read(ConfigPlace const& place, Json const& found, bool& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(bool value) const { return value; }
};

/// A whole number of things.
struct Count {
  std::size_t min;
  std::size_t max;

  void read(ConfigPlace const& place, Json const& found, std::size_t& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::size_t value) const { return value; }
};

/// A part of a whole.
struct Ratio {
  void read(ConfigPlace const& place, Json const& found, double& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(double value) const { return value; }
};

/// A number of bytes, or a text such as `4MiB`.
struct ByteSize {
  std::size_t min;
  std::size_t max;

  void read(ConfigPlace const& place, Json const& found, std::size_t& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::size_t value) const { return bytes_text(value); }
};

/// A duration with its unit, such as `30s`.
struct Span {
  milliseconds min;
  milliseconds max;

  void read(ConfigPlace const& place, Json const& found, milliseconds& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(milliseconds value) const { return duration_text(value); }
};

/// A text that `fits`. When `hidden`, an error does not show it.
struct Text {
  std::string_view expected = "a text";
  bool (*fits)(std::string_view) = nullptr;
  bool hidden = false;

  void read(ConfigPlace const& place, Json const& found, std::string& into) const;
  [[nodiscard]] Json schema() const;
  /// A default that does not fit stands for "not given".
  [[nodiscard]] Json show(std::string const& value) const {
    return fits == nullptr || fits(value) ? Json(value) : Json(nullptr);
  }
};

/// A list of texts.
struct Texts {
  Text each{};

  void read(ConfigPlace const& place, Json const& found, std::vector<std::string>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::vector<std::string> const& value) const { return value; }
};

/// A list of patterns, in which `*` is any characters. An empty one is an error: whoever writes it may mean nothing, or
/// everything.
struct Patterns {
  std::string_view expected;

  void read(ConfigPlace const& place, Json const& found, std::vector<std::string>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::vector<std::string> const&) const { return nullptr; }
};

/// Names to lists of patterns.
struct NamedPatterns {
  void read(ConfigPlace const& place, Json const& found,
            std::map<std::string, std::vector<std::string>, std::less<>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::map<std::string, std::vector<std::string>, std::less<>> const&) const { return nullptr; }
};

/// What of a request has an allowance of its own.
struct QuotaEachList {
  void read(ConfigPlace const& place, Json const& found, std::vector<QuotaEach>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::vector<QuotaEach> const& value) const;
};

/// A day or a second, in UTC.
struct Moment {
  void read(ConfigPlace const& place, Json const& found, std::optional<UnixTime>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::optional<UnixTime> const&) const { return nullptr; }
};

/// A bearer token.
struct HiddenToken {
  void read(ConfigPlace const& place, Json const& found, Secret& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(Secret const&) const { return nullptr; }
};

/// The same, or an empty text for none.
struct HiddenTokenOrNone {
  void read(ConfigPlace const& place, Json const& found, Secret& into) const;
  [[nodiscard]] Json schema() const { return HiddenToken{}.schema(); }
  [[nodiscard]] Json show(Secret const&) const { return ""; }
};

/// A text that is not shown.
struct HiddenText {
  void read(ConfigPlace const& place, Json const& found, Secret& into) const;
  [[nodiscard]] Json schema() const { return {{"type", "string"}}; }
  [[nodiscard]] Json show(Secret const&) const { return nullptr; }
};

/// Environment variables: names to texts, numbers or flags.
struct Variables {
  void read(ConfigPlace const& place, Json const& found, std::map<std::string, Secret, std::less<>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::map<std::string, Secret, std::less<>> const&) const { return Json::object(); }
};

/// Header fields: names to values that are not shown.
struct HeaderFields {
  void read(ConfigPlace const& place, Json const& found, std::map<std::string, Secret, std::less<>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::map<std::string, Secret, std::less<>> const&) const { return Json::object(); }
};

/// Names to sizes.
struct NamedByteSizes {
  ByteSize each;

  void read(ConfigPlace const& place, Json const& found, std::map<std::string, std::size_t, std::less<>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::map<std::string, std::size_t, std::less<>> const& value) const;
};

/// An object that is passed on, kept as its JSON text.
struct ObjectText {
  void read(ConfigPlace const& place, Json const& found, std::string& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::string const& value) const { return Json::parse(value); }
};

/// JSON pointers to any values, kept as their JSON texts.
struct PointedValues {
  void read(ConfigPlace const& place, Json const& found, std::map<std::string, std::string, std::less<>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::map<std::string, std::string, std::less<>> const&) const { return Json::object(); }
};

/// How many tools, or which.
struct ToolsOrCount {
  void read(ConfigPlace const& place, Json const& found, ExpectedTools& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(ExpectedTools const&) const { return Json::array(); }
};

/// An address to listen on.
struct Address {
  void read(ConfigPlace const& place, Json const& found, ListenAddress& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(ListenAddress const& value) const { return to_string(value); }
};

/// An address to listen on, or `off`.
struct AddressOrOff {
  void read(ConfigPlace const& place, Json const& found, std::optional<ListenAddress>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::optional<ListenAddress> const& value) const { return value ? to_string(*value) : "off"; }
};

/// What a choice looks like in the file, whatever its enum.
[[nodiscard]] Json choice_schema(std::vector<std::string_view> const& words);
[[nodiscard]] std::string choice_text(std::vector<std::string_view> const& words);

/// One word of a few.
template <typename Enum, std::size_t N>
struct Choice {
  std::array<std::pair<std::string_view, Enum>, N> words;

  void read(ConfigPlace const& place, Json const& found, Enum& into) const {
    for (auto const& [word, value] : words)
      if (found == word) return void(into = value);
    place.mismatch(choice_text(all()), found);
  }
  [[nodiscard]] Json schema() const { return choice_schema(all()); }
  [[nodiscard]] Json show(Enum value) const {
    for (auto const& [word, meaning] : words)
      if (meaning == value) return word;
    return nullptr;
  }
  [[nodiscard]] std::vector<std::string_view> all() const {
    std::vector<std::string_view> result;
    for (auto const& entry : words) result.push_back(entry.first);
    return result;
  }
};

/// Some of these words.
template <typename Enum, std::size_t N>
struct Choices {
  Choice<Enum, N> each;

  void read(ConfigPlace const& place, Json const& found, std::vector<Enum>& into) const {
    if (!found.is_array()) return place.mismatch_hidden("a list", found);
    into.clear();
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].is_discarded()) each.read(place.element(i), found[i], into.emplace_back());
    }
  }
  [[nodiscard]] Json schema() const { return {{"type", "array"}, {"items", each.schema()}}; }
  [[nodiscard]] Json show(std::vector<Enum> const& value) const {
    Json shown = Json::array();
    for (auto const one : value) shown.push_back(each.show(one));
    return shown;
  }
};

/// A value that may be left out and has no default of its own.
template <typename Kind>
struct OrAbsent {
  Kind kind;

  template <typename Value>
  void read(ConfigPlace const& place, Json const& found, std::optional<Value>& into) const {
    kind.read(place, found, into.emplace());
  }
  [[nodiscard]] Json schema() const { return kind.schema(); }
  [[nodiscard]] Json show(auto const&) const { return nullptr; }
};

enum class Presence { Optional, Required };

/// A member of `Owner`: its key in the file, its kind and bound, and what it is for.
template <typename Owner, typename Member, typename Kind>
struct Field {
  std::string_view key;
  Member Owner::*member;
  Kind kind;
  std::string_view sentence;
  Presence presence = Presence::Optional;
};
template <typename Owner, typename Member, typename Kind>
Field(std::string_view, Member Owner::*, Kind, std::string_view) -> Field<Owner, Member, Kind>;
template <typename Owner, typename Member, typename Kind>
Field(std::string_view, Member Owner::*, Kind, std::string_view, Presence) -> Field<Owner, Member, Kind>;

/// The fields of a struct: a tuple of `Field`, specialised in fields.h.
template <typename Struct>
inline constexpr auto kFields = nullptr;

/// Calls `visit` with each field of `Struct`.
template <typename Struct, typename Visit>
void for_each_field(Visit visit) {
  std::apply([&](auto const&... field) { (visit(field), ...); }, kFields<Struct>);
}

/// An object of the file while a struct is read from it: each field asks for its key, and what is left is an error.
class Members {
 public:
  /// Both must outlive this.
  Members(ConfigPlace const& place, Json const& object) : place_(place), object_(object) {}

  /// The value of a key; nullptr if there is none to read, which is an error if it is required.
  [[nodiscard]] Json const* find(std::string_view key, Presence presence);
  void report_unknown() const;

 private:
  ConfigPlace const& place_;
  Json const& object_;
  std::vector<std::string_view> known_;
};

/// Reads the members of an object into a struct; a key it does not have is an error.
template <typename Struct>
void read_fields(ConfigPlace const& place, Json const& found, Struct& into) {
  if (!found.is_object()) return place.mismatch_hidden("an object", found);
  Members members{place, found};
  for_each_field<Struct>([&](auto const& field) {
    if (auto const* const value = members.find(field.key, field.presence))
      field.kind.read(place.member(field.key), *value, into.*field.member);
  });
  members.report_unknown();
}

/// The schema of an object, to which fields are added one by one.
class ObjectSchema {
 public:
  /// `schema` is the field's own; `shown` is its default, or null for none.
  void add(std::string_view key, Presence presence, std::string_view sentence, Json schema, Json shown);
  [[nodiscard]] Json take();

 private:
  Json properties_ = Json::object();
  Json required_ = Json::array();
};

/// The object schema of a struct: its fields with their defaults.
template <typename Struct>
Json fields_schema() {
  Struct const defaults{};
  ObjectSchema object;
  for_each_field<Struct>([&](auto const& field) {
    object.add(field.key, field.presence, field.sentence, field.kind.schema(), field.kind.show(defaults.*field.member));
  });
  return object.take();
}

/// A struct inside a struct.
template <typename Struct>
struct Group {
  void read(ConfigPlace const& place, Json const& found, Struct& into) const { read_fields(place, found, into); }
  [[nodiscard]] Json schema() const { return fields_schema<Struct>(); }
  [[nodiscard]] Json show(Struct const&) const { return nullptr; }
};

/// A struct that may be left out.
template <typename Struct>
struct Maybe {
  void read(ConfigPlace const& place, Json const& found, std::optional<Struct>& into) const {
    read_fields(place, found, into.emplace());
  }
  [[nodiscard]] Json schema() const { return fields_schema<Struct>(); }
  [[nodiscard]] Json show(std::optional<Struct> const&) const { return nullptr; }
};

/// Structs by the names of environment variables.
template <typename Struct>
struct NamedGroups {
  using Map = std::map<std::string, Struct, std::less<>>;

  void read(ConfigPlace const& place, Json const& found, Map& into) const {
    if (!found.is_object()) return place.mismatch_hidden("an object of variables and where they come from", found);
    for (auto const& [name, value] : found.items()) {
      if (is_variable_name(name)) {
        read_fields(place.member(name), value, into[name]);
      } else {
        place.error(fmt::format("expected names of environment variables, found '{:.60}'", name));
      }
    }
  }
  [[nodiscard]] Json schema() const { return {{"type", "object"}, {"additionalProperties", fields_schema<Struct>()}}; }
  [[nodiscard]] Json show(Map const&) const { return nullptr; }
};

/// A list of structs.
template <typename Struct>
struct Groups {
  void read(ConfigPlace const& place, Json const& found, std::vector<Struct>& into) const {
    if (!found.is_array()) return place.mismatch_hidden("a list of objects", found);
    into.clear();
    for (std::size_t i = 0; i < found.size(); ++i) read_fields(place.element(i), found[i], into.emplace_back());
  }
  [[nodiscard]] Json schema() const { return {{"type", "array"}, {"items", fields_schema<Struct>()}}; }
  /// A default that is not empty is told in words.
  [[nodiscard]] Json show(std::vector<Struct> const& value) const {
    return value.empty() ? Json::array() : Json(nullptr);
  }
};

}  // namespace gateway::config
