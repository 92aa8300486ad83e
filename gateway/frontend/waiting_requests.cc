#include "gateway/frontend/waiting_requests.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "gateway/http/request_text.h"

namespace gateway::frontend {

namespace {

std::size_t size_of(WaitingRequests::Kept const& kept) { return kept.head.size() + kept.body.size(); }

}  // namespace

bool WaitingRequests::keep(auth::WaitId wait, ExchangeId exchange, http::Request const& request) {
  Kept kept{.wait = wait,
            .exchange = exchange,
            .head = http::head_text(request.head),
            .body = std::string(request.body),
            .listener = request.listener,
            .request_id = std::string(request.request_id)};
  if (kept_.size() >= kMost || bytes_ + size_of(kept) > kMostBytes) return false;
  bytes_ += size_of(kept);
  kept_.push_back(std::move(kept));
  return true;
}

void WaitingRequests::forget(ExchangeId exchange) {
  std::erase_if(kept_, [&](Kept const& kept) {
    if (kept.exchange != exchange) return false;
    bytes_ -= size_of(kept);
    return true;
  });
}

std::vector<WaitingRequests::Kept> WaitingRequests::take(auth::WaitId wait) {
  auto const first =
      std::stable_partition(kept_.begin(), kept_.end(), [&](Kept const& kept) { return kept.wait != wait; });
  std::vector<Kept> taken(std::make_move_iterator(first), std::make_move_iterator(kept_.end()));
  kept_.erase(first, kept_.end());
  for (auto const& kept : taken) bytes_ -= size_of(kept);
  return taken;
}

std::vector<WaitingRequests::Kept> WaitingRequests::take_all() {
  bytes_ = 0;
  return std::exchange(kept_, {});
}

void read_kept(WaitingRequests::Kept const& kept, http::RequestHead& into) {
  // Its limits were those of the server once; the text is hardly longer than what came.
  constexpr http::HeadLimits kAny{
      .max_head_bytes = 4 * 1024 * 1024, .max_target_bytes = 1024 * 1024, .max_fields = http::RequestHead::kMaxFields};
  [[maybe_unused]] auto const read = http::parse_head(kept.head, 0, kAny, into);
  assert(read.state == http::HeadResult::State::Done);
}

}  // namespace gateway::frontend
