// Which of its members' tools a group offers, and how.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/group.h"

namespace gateway::groups {

/// The rules of a group for its tools. Between names in the catalog, which depend on what members offer, and names that
/// clients see it decides by the configuration alone, so that a list and a call cannot disagree. Pure.
class ToolShape {
 public:
  explicit ToolShape(config::ToolShaping rules);

  /// What clients see a tool of the catalog as; nothing where they do not.
  [[nodiscard]] std::optional<std::string_view> offered_as(std::string_view name) const;
  /// The tool of the catalog that clients mean; nothing where there is none for them.
  [[nodiscard]] std::optional<std::string_view> behind(std::string_view offered) const;

  /// Only tools that are annotated as read-only may be in the catalog.
  [[nodiscard]] bool is_read_only() const { return rules_.read_only; }
  /// The names of the tools in a raw result of tools/list that may be.
  [[nodiscard]] std::vector<std::string> names_in(std::string_view raw_result) const;

  /// Appends a raw tool as clients see it. `name` is that of the catalog, which is offered as `offered`.
  void append_tool(std::string& out, std::string_view tool, std::string_view name, std::string_view offered) const;

  /// The params of a call of the tool with what they always have, and `own` for its name: raw. Nothing where the arguments
  /// are no object.
  [[nodiscard]] std::optional<std::string> with_arguments(std::string_view params, std::string_view name,
                                                          std::string_view own) const;
  /// Whether the tool has such arguments.
  [[nodiscard]] bool has_arguments(std::string_view name) const;

 private:
  [[nodiscard]] config::ToolChange const* change_of(std::string_view name) const;
  [[nodiscard]] bool allows(std::string_view name) const;

  config::ToolShaping rules_;
  std::map<std::string, std::string, std::less<>> renamed_;  ///< new names to those of the catalog
};

}  // namespace gateway::groups
