#include "gateway/groups/merged_list.h"

#include <algorithm>
#include <limits>
#include <set>

#include "gateway/base/json_text.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/mcp/visible_list.h"
#include "gateway/rpc/json_rebuild.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/message.h"

namespace gateway::groups {

using mcp::Method;

namespace {

bool has_names(Method list) { return list == Method::ToolsList || list == Method::PromptsList; }

std::string name_in(std::string_view element, std::string_view key) {
  return rpc::unquote(rpc::find_member(element, key));
}

/// Calls `action` with each object of the list in a raw result, and what it is called there. Something without a name is
/// nothing a client could use, and many refuse a whole list for it.
template <typename F>
void for_each_in(Method list, std::string_view raw_result, F&& action) {
  auto const shape = mcp::list_shape(list);
  rpc::ElementWalk walk(rpc::find_member(raw_result, shape->list));
  while (auto const element = walk.next()) {
    auto name = rpc::is_object(*element) ? name_in(*element, shape->name) : std::string{};
    if (!name.empty()) action(*element, std::move(name));
  }
}

void append_renamed(std::string& out, std::string_view element, std::string_view name) {
  rpc::ObjectWriter writer(out);
  rpc::MemberWalk walk(element);
  while (auto const member = walk.next()) {
    if (member->is("name")) {
      append_json_string(writer.member("name"), name);
    } else if (!member->resembles("name")) {
      writer.member(member->key).append(member->value);
    }
  }
  writer.close();
}

/// Joins the lists element by element.
class Join {
 public:
  Join(Method list, Catalog const& catalog, ToolShape const& shape) : list_(list), catalog_(catalog), shape_(shape) {}

  void add(std::size_t member, std::string_view raw_result) {
    for_each_in(list_, raw_result, [&](std::string_view element, std::string const& name) {
      if (!has_names(list_)) {
        if (!seen_.insert(name).second) return;
        begin_element().append(element);
      } else if (auto const given = catalog_.name_of(member, name); !given.empty()) {
        add_named(element, given);
      }
    });
    look_at_hint(raw_result);
  }

  [[nodiscard]] std::string const& elements() const { return elements_; }
  /// For how long and for whom all of them may be kept.
  [[nodiscard]] mcp::CacheHint hint() const { return {is_kept_ ? ttl_ms_ : 0, is_public_}; }

 private:
  void add_named(std::string_view element, std::string_view given) {
    auto const is_tool = list_ == Method::ToolsList;
    auto const offered = is_tool ? shape_.offered_as(given) : given;
    if (!offered || !seen_.insert(std::string(*offered)).second) return;
    if (is_tool)
      shape_.append_tool(begin_element(), element, given, *offered);
    else
      append_renamed(begin_element(), element, *offered);
  }

  std::string& begin_element() {
    if (!elements_.empty()) elements_.push_back(',');
    return elements_;
  }

  void look_at_hint(std::string_view raw_result) {
    auto const ttl = rpc::id_number(rpc::find_member(raw_result, "ttlMs"));
    auto const most = std::numeric_limits<std::uint32_t>::max();
    ttl_ms_ = std::min(ttl_ms_, static_cast<std::uint32_t>(std::min<std::uint64_t>(ttl.value_or(0), most)));
    is_kept_ = true;
    is_public_ = is_public_ && rpc::unquote(rpc::find_member(raw_result, "cacheScope")) == "public";
  }

  Method list_;
  Catalog const& catalog_;
  ToolShape const& shape_;
  std::string elements_;
  std::set<std::string> seen_;
  std::uint32_t ttl_ms_ = std::numeric_limits<std::uint32_t>::max();
  bool is_kept_ = false;
  bool is_public_ = true;
};

}  // namespace

std::vector<std::string> names_in(Method list, std::string_view raw_result) {
  std::vector<std::string> names;
  for_each_in(list, raw_result, [&](std::string_view, std::string name) { names.push_back(std::move(name)); });
  return names;
}

std::string merged_list(Method list, mcp::Era era, std::span<MemberList const> lists, Catalog const& catalog,
                        ToolShape const& shape, std::vector<std::string> const& left_out) {
  Join join(list, catalog, shape);
  auto is_whole = left_out.empty();
  for (auto const& each : lists) {
    for (auto const& page : each.pages) {
      auto const visible = each.visible ? mcp::visible_list(list, page, *each.visible) : std::optional(page);
      if (visible) join.add(each.member, *visible);
      is_whole = is_whole && visible && !each.visible;
    }
  }
  std::string raw;
  rpc::ObjectWriter result(raw);
  result.member(mcp::list_shape(list)->list).append("[").append(join.elements()).append("]");
  if (!left_out.empty()) {
    result.member("_meta").append("{\"mcp-gateway/unavailable\":").append(json_list(left_out)).append("}");
  }
  result.close();
  if (era == mcp::Era::Sessions) return raw;
  auto hint = join.hint();
  if (!left_out.empty()) hint.ttl_ms = 0;
  hint.is_public = hint.is_public && is_whole;
  std::string out;
  mcp::append_for_stateless(out, raw, {.cache = hint, .server_info = {}});
  return out;
}

}  // namespace gateway::groups
