#include "gateway/backend/tool_listing.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::backend {

/// Of a list that has failed, where lists are not asked for again otherwise.
constexpr auto kRetry = seconds(60);

/// One page of tools/list.
class ToolListing::Page final : public OwnQuestion {
 public:
  Page(ToolListing& listing, std::string params) : listing_(listing), params_(std::move(params)) {}

  [[nodiscard]] Request request() const override { return {.method = "tools/list", .params = params_}; }
  void ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) override {
    listing_.on_page(outcome, reply.body);
  }

 private:
  ToolListing& listing_;
  std::string params_;
};

void ToolListing::start() {
  if (!shelf_.begin()) return;
  offered_.clear();
  ask({});
}

void ToolListing::refresh_when_due(TimePoint now) {
  auto const never = config_.tools_refresh <= Duration{};
  if (never && is_of_this_run_) return;
  if (shelf_.age(now) > (never ? Duration(kRetry) : Duration(config_.tools_refresh))) start();
}

void ToolListing::ask(std::optional<std::string> const& cursor) {
  asker_.ask(std::make_unique<Page>(*this, cursor ? fmt::format(R"({{"cursor":{}}})", *cursor) : "{}"));
}

void ToolListing::on_page(mcp::Outcome outcome, std::string_view result) {
  if (outcome != mcp::Outcome::Ok) return shelf_.give_up(context_.loop.now());
  auto const cursor = pins_ == nullptr ? shelf_.add_page(result) : add_pinned(result);
  return cursor ? ask(cursor) : on_listed();
}

/// What is not as pinned is compared, and kept from clients where it is to be hidden.
std::optional<std::string> ToolListing::add_pinned(std::string_view result) {
  mcp::add_pins(offered_, rpc::find_member(result, "tools"));
  return shelf_.add_page(pins_->hides() ? pins_->visible(result) : result);
}

void ToolListing::on_listed() {
  if (pins_ != nullptr) pins_->observe(std::exchange(offered_, {}));
  is_of_this_run_ = true;
  auto const differs = shelf_.finish(context_.loop.now());
  auto const* const list = shelf_.list();
  auto const count = list == nullptr ? 0 : list->size();
  if (config_.expected_tools.any() && list != nullptr) {
    metrics_.tools_missing(lack_of(config_.expected_tools, *list).tools);
  }
  metrics_.tools_listed(count, differs);
  if (list != nullptr) list->for_each([&](std::string_view tool) { metrics_.tool_offered(tool); });
  // A server that does not report changes is asked again and again: an unchanged list is not worth an info line.
  auto const is_news = differs || !std::exchange(logged_, true);
  context_.log.write(is_news ? config::LogLevel::Info : config::LogLevel::Debug, "service.tools", "tools listed",
                     {{"server", config_.name}, {"tools", count}, {"changed", differs}});
  if (differs) {
    audience_.tell_list_changed(mcp::Method::ToolsListChanged);
  }
  if (shelf_.take_again()) start();
}

}  // namespace gateway::backend
