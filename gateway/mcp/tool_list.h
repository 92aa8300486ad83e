// A child's tools, as its tools/list gave them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/mcp/param_headers.h"

namespace gateway::mcp {

/// Gathered page by page; whole when a page names no next one, or there were too many.
class ToolList {
 public:
  /// Takes the raw result of one tools/list. The raw cursor of the next page, or
  /// nothing: the list is whole.
  std::optional<std::string> add_page(std::string_view raw_result);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] bool contains(std::string_view name) const { return names_.find(name) != names_.end(); }

  /// The header fields that repeat arguments of the tool; null where it has none.
  [[nodiscard]] std::vector<ParamHeader> const* headers_of(std::string_view name) const;

  /// Calls `action` with each name, in no order.
  template <typename F>
  void for_each(F&& action) const {
    for (auto const& name : names_) action(std::string_view(name));
  }

  /// The raw result that answers every client's tools/list, where one page holds
  /// all; empty otherwise, since a cursor means something to the child alone.
  [[nodiscard]] std::string const& single_page() const { return single_page_; }

  /// Whether a server of the stateless revision says of the single page that it is the same for every client.
  /// (MCP 2026-07-28, Caching.)
  [[nodiscard]] bool is_for_everybody() const;

  /// All tools in one raw JSON array, as the child described them; not validated.
  [[nodiscard]] std::string as_array() const { return "[" + raw_ + "]"; }

  /// Whether a client that knows `other` knows this one.
  [[nodiscard]] bool same_as(ToolList const& other) const { return raw_ == other.raw_; }

 private:
  void add(std::string name, std::string_view raw_input_schema);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> names_;
  std::unordered_map<std::string, std::vector<ParamHeader>, Hash, std::equal_to<>> headers_;
  std::string raw_;  ///< all pages' tools with commas between
  std::string single_page_;
  std::size_t pages_ = 0;
};

}  // namespace gateway::mcp
