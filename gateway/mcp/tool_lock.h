// Tools as they were reviewed, and how those of a server differ from them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::mcp {

/// What is reviewed of a tool: all that a client's model reads of it, or that says how to call it.
struct PinnedTool {
  std::string definition;  ///< canonical JSON of its title, description, schemas and annotations
  std::string sha256;      ///< of that, in hex

  bool operator==(PinnedTool const&) const = default;
};
using PinnedTools = std::map<std::string, PinnedTool, std::less<>>;

/// The name of a raw tool, and what is pinned of it. Nothing where it is not an object of valid JSON with a name, or has a
/// member twice, anywhere: there is no telling what a client makes of it.
[[nodiscard]] std::optional<std::pair<std::string, PinnedTool>> pin_of(std::string_view raw_tool);

/// Adds the tools in the raw array of a tools/list. A name that stands there twice, or a tool that has no pin, has an empty
/// one, which is like no other.
void add_pins(PinnedTools& pins, std::string_view raw_tools);

/// A lock file: pinned tools by the name of their service.
using ToolLock = std::map<std::string, PinnedTools, std::less<>>;

/// Reads the text of a lock file; an error says what is wrong with it, also where a hash is not that of its text.
[[nodiscard]] Result<ToolLock> read_tool_lock(std::string_view text);
/// The text of a lock file: the same for equal locks, a line for each member, so that people see what changes.
[[nodiscard]] std::string write_tool_lock(ToolLock const& lock);

/// How the tools of a server differ from those that are pinned.
struct ToolDrift {
  std::vector<std::string> changed;
  std::vector<std::string> added;
  std::vector<std::string> missing;  ///< pinned, and not offered any more: harms nobody, but is worth a look

  [[nodiscard]] bool any() const { return count() > 0; }
  [[nodiscard]] std::size_t count() const { return changed.size() + added.size() + missing.size(); }
  bool operator==(ToolDrift const&) const = default;
};
[[nodiscard]] ToolDrift drift_of(PinnedTools const& pinned, PinnedTools const& offered);

/// In a few words: "2 tools are not as pinned: search (changed), send (new)".
[[nodiscard]] std::string to_text(ToolDrift const& drift);

/// What differs, a line for each member: `description: "before" → "after"`, of long texts only the part that differs.
/// Hidden characters are shown.
[[nodiscard]] std::string difference(ToolDrift const& drift, PinnedTools const& pinned, PinnedTools const& offered);

/// The result of a tools/list without the tools that `keeps` refuses; all else byte for byte.
[[nodiscard]] std::string without_tools(std::string_view raw_result,
                                        std::function<bool(std::string_view raw_tool)> const& keeps);

}  // namespace gateway::mcp
