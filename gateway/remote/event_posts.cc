#include "gateway/remote/event_posts.h"

#include <algorithm>
#include <utility>

#include "gateway/remote/answer.h"

namespace gateway::remote {

namespace {

constexpr std::size_t kMostOfBody = 64 * 1024;

}  // namespace

/// It ends in a callback of its own, so it is buried.
class EventPosts::One final : public Mortal, private fetch::Exchange::Listener {
 public:
  One(EventPosts& posts, fetch::WebAddress const& address, Outgoing message)
      : posts_(posts), message_(std::move(message)), exchange_(posts.server_.post_to(address, message_.text, *this)) {}

  void leave() { fetch::Exchange::leave(std::move(exchange_)); }
  [[nodiscard]] Outgoing take_message() { return std::move(message_); }

 private:
  void on_head(fetch::Exchange&, fetch::Head const& head) override { head_ = head; }
  void on_body(fetch::Exchange&, std::string_view bytes) override {
    body_.append(bytes.substr(0, kMostOfBody - std::min(kMostOfBody, body_.size())));
  }
  void on_end(fetch::Exchange&, std::optional<fetch::Failure> const& failure) override {
    if (head_.status == 0) {
      auto trouble = trouble_of(failure.value_or(fetch::Failure{}));
      return posts_.finish(*this, {.trouble = std::move(trouble)});
    }
    auto const verdict = judge(head_.status, true, body_, message_.id);
    if (verdict == Verdict::Taken) return posts_.finish(*this, {.taken = true});
    posts_.finish(*this, {.session_gone = verdict == Verdict::SessionGone, .trouble = trouble_of(head_, body_)});
  }

  EventPosts& posts_;
  Outgoing message_;
  fetch::Head head_;
  std::string body_;
  std::unique_ptr<fetch::Exchange> exchange_;
};

EventPosts::EventPosts(Server& server, Owner& owner) : server_(server), owner_(owner) {}

EventPosts::~EventPosts() { leave_all(); }

void EventPosts::post(fetch::WebAddress const& address, Outgoing message) {
  auto one = std::make_unique<One>(*this, address, std::move(message));
  auto* const key = one.get();
  posts_.emplace(key, std::move(one));
}

void EventPosts::leave_all() {
  for (auto& [key, one] : posts_) {
    one->leave();
    server_.loop().bury(std::move(one));
  }
  posts_.clear();
}

void EventPosts::finish(One& one, Result result) {
  auto const found = posts_.find(&one);
  auto ended = std::move(found->second);
  posts_.erase(found);
  ended->leave();
  auto message = ended->take_message();
  server_.loop().bury(std::move(ended));
  owner_.on_posted(std::move(message), std::move(result));
}

}  // namespace gateway::remote
