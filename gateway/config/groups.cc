#include "gateway/config/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gateway/config/fields.h"

namespace gateway::config {

namespace {

inline constexpr Choice<NamePrefix, 3> kPrefixes{
    {{{"always", NamePrefix::Always}, {"conflict", NamePrefix::Conflict}, {"never", NamePrefix::Never}}}};

bool is_separator(std::string_view text) {
  return !text.empty() && text.size() <= 8 &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == text.npos;
}

inline constexpr Text kSeparator{"1..8 of A-Z a-z 0-9 . _ -", is_separator};

/// What clients take in the name of a tool everywhere.
std::string as_alias(std::string_view service) {
  std::string alias(service);
  std::ranges::replace_if(
      alias, [](char c) { return c == '.'; }, '_');
  return alias;
}

/// A list of names, of which each may be an object with an alias; or "*" for all services.
struct MembersOfGroup {
  void read(ConfigPlace const& place, Json const& found, std::vector<GroupMember>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::vector<GroupMember> const&) const { return nullptr; }
};

/// Of the length of a name; 0 is what the group's own name leaves.
struct NameLimit {
  void read(ConfigPlace const& place, Json const& found, std::size_t& into) const {
    Count{0, 256}.read(place, found, into);
    if (!place.has_errors() && into != 0 && into < 16)
      place.error(fmt::format("expected 0 or 16..256, found {}", into));
  }
  [[nodiscard]] Json schema() const { return Count{0, 256}.schema(); }
  [[nodiscard]] Json show(std::size_t value) const { return value; }
};

/// Names of arguments to their values, kept as JSON texts.
struct Arguments {
  void read(ConfigPlace const& place, Json const& found, std::map<std::string, std::string, std::less<>>& into) const {
    if (!found.is_object()) return place.mismatch("an object of arguments and their values", found);
    into.clear();
    for (auto const& [name, value] : found.items())
      if (!value.is_discarded())
        into.insert_or_assign(name, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  [[nodiscard]] Json schema() const { return {{"type", "object"}}; }
  [[nodiscard]] Json show(std::map<std::string, std::string, std::less<>> const&) const { return Json::object(); }
};

/// Names of tools to what is different about them.
struct ToolChanges {
  using Map = std::map<std::string, ToolChange, std::less<>>;

  void read(ConfigPlace const& place, Json const& found, Map& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(Map const&) const { return Json::object(); }
};

}  // namespace

template <>
inline constexpr auto kFields<ToolChange> = std::tuple{
    Field{"name", &ToolChange::name, kPlainName,
          "The name it has instead. A tool that has this name already is not offered."},
    Field{"description", &ToolChange::description, Text{}, "Its description, instead of its own."},
    Field{"arguments", &ToolChange::arguments, Arguments{},
          "Arguments that always have these values, whatever a client sends. They are left out of its input schema."},
};

template <>
inline constexpr auto kFields<ToolShaping> = std::tuple{
    Field{"allow", &ToolShaping::allow, Patterns{"names of tools, with * for any characters"},
          "The tools that are offered. By default all are."},
    Field{"deny", &ToolShaping::deny, Patterns{"names of tools, with * for any characters"},
          "Tools that are not offered, even if they are allowed."},
    Field{"read_only", &ToolShaping::read_only, Flag{},
          "Offer only tools whose annotations have readOnlyHint: true, which is their server's word."},
    Field{"change", &ToolShaping::change, ToolChanges{}, "What is different about some tools, by name."},
};

template <>
inline constexpr auto kFields<GroupMember> = std::tuple{
    Field{"service", &GroupMember::service, Text{}, "Name of the service.", Presence::Required},
    Field{"alias", &GroupMember::alias, kPlainName, "What stands in front of its names, instead of its own."},
};

template <>
inline constexpr auto kFields<GroupConfig> = std::tuple{
    Field{
        "members", &GroupConfig::members, MembersOfGroup{},
        "The services that are joined, in this order: names, or objects with service and alias; \"*\" is all services.",
        Presence::Required},
    Field{
        "prefix", &GroupConfig::prefix, kPrefixes,
        "Which names of tools and prompts get the alias of their service in front. always: each. conflict: those that "
        "several members have. never: none, and of those that several members have only the first is offered."},
    Field{"separator", &GroupConfig::separator, kSeparator, "What stands between alias and name."},
    Field{
        "name_limit", &GroupConfig::name_limit, NameLimit{},
        "Longest name of a tool or prompt; longer ones are shortened, always in the same way. 0: 57 less the length of "
        "the group's name, 32 at least, since clients and models limit names to 64 and put mcp__GROUP__ in front."},
    Field{"member_wait", &GroupConfig::member_wait, Span{milliseconds{0}, std::chrono::minutes{1}},
          "How long a list or a new session waits for a member before it goes on without it."},
    Field{"tools", &GroupConfig::tools, Group<ToolShaping>{},
          "Which tools it offers, and how: by the names they have at the group otherwise. The same holds for calls."},
    Field{"at_root", &GroupConfig::at_root, Flag{}, "Served at /mcp and /sse, too. At most one group."},
    Field{"required_scopes", &GroupConfig::required_scopes, Texts{kScope},
          "OAuth scopes that are needed at the group, in addition to those of its members for what these offer."},
};

namespace {

void ToolChanges::read(ConfigPlace const& place, Json const& found, Map& into) const {
  if (!found.is_object()) return place.mismatch("an object of tools by name", found);
  into.clear();
  std::set<std::string> names;
  for (auto const& [tool, change] : found.items()) {
    if (is_remark(tool)) continue;
    auto& read = into[tool];
    auto const at = place.member(tool);
    read_fields(at, change, read);
    if (!read.name.empty() && !names.insert(read.name).second)
      at.member("name").error(fmt::format("expected another name than that of a tool before, found '{}'", read.name));
  }
}

Json ToolChanges::schema() const { return {{"type", "object"}, {"additionalProperties", fields_schema<ToolChange>()}}; }

void MembersOfGroup::read(ConfigPlace const& place, Json const& found, std::vector<GroupMember>& into) const {
  into.clear();
  if (found == "*") return void(into.push_back({.service = "*"}));
  if (!found.is_array()) return place.mismatch("a list of services, or \"*\"", found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& member = into.emplace_back();
    if (found[i].is_string()) {
      member.service = found[i].get<std::string>();
    } else {
      read_fields(place.element(i), found[i], member);
    }
  }
}

Json MembersOfGroup::schema() const {
  Json const services{{"type", "array"}, {"items", {{"anyOf", {{{"type", "string"}}, fields_schema<GroupMember>()}}}}};
  Json const all{{"type", "string"}, {"enum", {"*"}}};
  return {{"anyOf", Json::array({services, all})}};
}

/// One entry of `groups`.
class GroupReader {
 public:
  GroupReader(ConfigPlace place, std::vector<ServiceConfig> const& services)
      : place_(std::move(place)), services_(services) {}

  GroupConfig read(std::string const& name, Json const& found) {
    group_.name = name;
    if (!is_plain_name(name)) place_.error("expected a name of 1..64 of A-Z a-z 0-9 . _ -");
    if (auto const good = check_service_name(name); !good && !place_.has_errors()) place_.error(good.error().what);
    auto const same = std::ranges::find_if(
        services_, [&](ServiceConfig const& service) { return lower_case(service.name) == lower_case(name); });
    if (same != services_.end())
      place_.error(
          fmt::format("expected another name than that of the service: both would be served under /{}/", name));
    read_fields(place_, found, group_);
    check_members();
    return std::move(group_);
  }

 private:
  void check_members() {
    auto const at = place_.member("members");
    if (at.has_errors()) return;
    auto& members = group_.members;
    if (members.size() == 1 && members.front().service == "*") {
      members.clear();
      for (auto const& service : services_)
        if (is_reached(service)) members.push_back({.service = service.name});
    } else if (members.empty()) {
      return at.error("expected at least one service, found none");
    }
    for (std::size_t i = 0; i < members.size(); ++i) check_member(at.element(i), members[i]);
    check_aliases(at);
  }

  /// Versions are reached by the name of their service.
  static bool is_reached(ServiceConfig const& service) { return !service.version || service.is_first_version(); }

  void check_member(ConfigPlace const& at, GroupMember& member) const {
    auto const known = std::ranges::any_of(
        services_, [&](ServiceConfig const& service) { return is_reached(service) && service.name == member.service; });
    if (!known) {
      std::vector<std::string_view> names;
      for (auto const& service : services_)
        if (is_reached(service)) names.emplace_back(service.name);
      at.error(fmt::format("expected the name of a service, found '{}'{}", member.service,
                           suggestion(member.service, names)));
    }
    if (member.alias.empty()) member.alias = as_alias(member.service);
  }

  void check_aliases(ConfigPlace const& at) const {
    std::set<std::string> services;
    std::set<std::string> aliases;
    for (std::size_t i = 0; i < group_.members.size(); ++i) {
      auto const& member = group_.members[i];
      if (!services.insert(member.service).second)
        at.element(i).error(fmt::format("expected each service once, found '{}' again", member.service));
      else if (!aliases.insert(member.alias).second)
        at.element(i).error(
            fmt::format("expected another alias than that of a member before, found '{}'", member.alias));
    }
  }

  ConfigPlace place_;
  std::vector<ServiceConfig> const& services_;
  GroupConfig group_;
};

}  // namespace

std::vector<GroupConfig> read_groups(ConfigPlace const& place, Json const& found,
                                     std::vector<ServiceConfig> const& services) {
  std::vector<GroupConfig> groups;
  if (found.is_array()) {  // as mcphub has them
    place.warning("Ignored: groups of mcp-gateway are objects by name, {\"NAME\": {\"members\": [...]}}.");
    return groups;
  }
  if (!found.is_object()) {
    place.mismatch_hidden("an object of groups by name", found);
    return groups;
  }
  std::set<std::string> names;
  std::string at_root;
  for (auto const& [name, entry] : found.items()) {
    if (is_remark(name)) continue;
    auto const at = place.member(name);
    auto group = GroupReader{at, services}.read(name, entry);
    if (!names.insert(lower_case(name)).second) at.error("expected another name than that of the group before");
    if (group.at_root && !at_root.empty())
      at.member("at_root").error(fmt::format("expected at most one group at the root, and '{}' is there", at_root));
    if (group.at_root) at_root = name;
    groups.push_back(std::move(group));
  }
  return groups;
}

Json group_schema() { return fields_schema<GroupConfig>(); }

Json groups_schema() {
  return {{"type", "object"},
          {"description", "Services joined to one endpoint, by its name: /NAME/mcp and /NAME/sse. See docs/groups.md."},
          {"additionalProperties", {{"$ref", "#/$defs/group"}}}};
}

}  // namespace gateway::config
