#include "gateway/remote/streamable.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/remote/answer.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::remote {

namespace {

constexpr int kMostTries = 3;

bool is_answer_to(Outgoing const& request, rpc::Message const& message) {
  return message.kind == rpc::MessageKind::Response && same_id(message.id) == request.id;
}

/// Whether it is a server of MCP that answers, and not a page.
bool is_of_mcp(fetch::Head const& head) {
  return head.status == 202 || form_of(head.find("content-type")) != BodyForm::Other;
}

}  // namespace

Streamable::Streamable(Server& server, Client& client, log::Log& log, Owner* owner)
    : server_(server), client_(client), log_(log), owner_(owner), stream_(server, *this) {}

Streamable::~Streamable() {
  for (auto& [key, sent] : posts_) sent.post->leave();
  fetch::Exchange::leave(std::move(farewell_));
}

// ── what the client sends ────────────────────────────────────────────────────

void Streamable::send(Outgoing message) {
  if (message.method == mcp::Method::Cancelled) {
    if (take_back(message.cancels) || cancel_stateless(message.cancels) || message.is_stateless()) return;
    forgo_answer(message.cancels);
  }
  if (state_ == State::Lost && !message.is_stateless() && message.method != mcp::Method::Initialize) {
    queue_.push_back(std::move(message));
    return reopen();
  }
  if (must_wait(message)) return queue_.push_back(std::move(message));
  post(std::move(message), Purpose::Client);
}

bool Streamable::must_wait(Outgoing const& message) const {
  if (owner_ != nullptr && first_is_on_its_way_) return true;
  if (message.is_stateless()) return false;
  switch (state_) {
    case State::Opening:
    case State::Announcing:
    case State::Reopening:
    case State::Reannouncing: return true;
    case State::None:
    case State::Open:
    case State::Lost: return false;
  }
  return false;
}

/// One that was not sent yet.
bool Streamable::take_back(std::string_view raw_id) {
  auto const found = std::ranges::find_if(queue_, [&](auto const& m) { return m.is_request() && m.id == raw_id; });
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

/// The end of its connection is the cancellation. (MCP 2026-07-28, Streamable HTTP.)
bool Streamable::cancel_stateless(std::string_view raw_id) {
  auto const found = std::ranges::find_if(posts_, [&](auto const& sent) {
    auto const& message = sent.first->message();
    return message.is_stateless() && message.is_request() && message.id == raw_id;
  });
  if (found == posts_.end()) return false;
  found->second.post->leave();
  server_.loop().bury(std::move(found->second.post));
  posts_.erase(found);
  if (!std::exchange(first_is_on_its_way_, false)) return true;
  send_queued();
  return true;
}

/// A server need not end the stream of a call that was cancelled. (MCP 2025-11-25, Cancellation.)
void Streamable::forgo_answer(std::string_view raw_id) {
  for (auto& [post, sent] : posts_) {
    auto const& message = post->message();
    if (message.is_request() && message.id == raw_id && message.method != mcp::Method::Initialize)
      sent.post->forgo_answer();
  }
}

void Streamable::post(Outgoing message, Purpose purpose) {
  if (owner_ != nullptr) first_is_on_its_way_ = true;
  Post::Session session{.id = session_id_, .fields = session_fields()};
  if (message.method == mcp::Method::Initialize && !message.is_stateless()) {
    session = {};
    stream_.close();
    new_session_id_.clear();
    state_ = purpose == Purpose::Client ? State::Opening : State::Reopening;
  } else if (message.method == mcp::Method::Initialized && purpose == Purpose::Client) {
    handshake_.initialized = message;
    state_ = State::Announcing;
  }
  if (message.is_stateless()) message.more_fields = param_fields_.of(message);
  Post::Owner& owner = *this;
  auto post = std::make_unique<Post>(server_, std::move(message), std::move(session), owner);
  auto* const key = post.get();
  posts_.emplace(key, Sent{std::move(post), purpose});
}

void Streamable::send_queued() {
  while (!queue_.empty() && !must_wait(queue_.front())) {
    auto message = std::move(queue_.front());
    queue_.pop_front();
    post(std::move(message), Purpose::Client);
  }
}

Server::Fields Streamable::session_fields() const {
  Server::Fields fields;
  if (!session_id_.empty()) fields.push_back(fmt::format("Mcp-Session-Id: {}", session_id_));
  if (handshake_.is_known()) fields.push_back(fmt::format("MCP-Protocol-Version: {}", handshake_.version));
  return fields;
}

// ── what comes back ──────────────────────────────────────────────────────────

void Streamable::on_taken(Post& post, fetch::Head const& head) {
  auto const was_first = std::exchange(first_is_on_its_way_, false);
  owner_ = nullptr;
  auto const& message = post.message();
  if (message.address && is_of_mcp(head)) server_.moved_to(*message.address);
  if (message.method == mcp::Method::Initialize) new_session_id_ = head.find("mcp-session-id");
  if (message.method == mcp::Method::Initialized) return session_taken();
  if (was_first) send_queued();
}

void Streamable::session_taken() {
  state_ = State::Open;
  stream_.open(session_fields());
  send_queued();
}

void Streamable::on_message(Post& post, rpc::Message const& message, std::string_view raw) {
  auto const& asked = post.message();
  auto const is_answer = is_answer_to(asked, message);
  if (is_answer && asked.method == mcp::Method::ToolsList && asked.is_stateless()) param_fields_.learn(message.result);
  auto const opens_session = asked.method == mcp::Method::Initialize && !asked.is_stateless();
  if (!is_answer || !opens_session) return client_.on_message(message, raw);
  auto const is_replay = posts_.at(&post).purpose == Purpose::Replay;
  if (state_ != (is_replay ? State::Reopening : State::Opening)) return;  // it was answered before
  if (is_replay) return on_replayed(asked, message);
  state_ = take_session(asked, message) ? State::Open : State::None;
  client_.on_message(message, raw);
  send_queued();
}

/// False where the server refuses to open one.
bool Streamable::take_session(Outgoing const& initialize, rpc::Message const& answer) {
  auto version = version_in(answer);
  if (version.empty()) return false;
  handshake_.initialize = initialize;
  handshake_.version = std::move(version);
  session_id_ = std::exchange(new_session_id_, {});
  return true;
}

void Streamable::on_replayed(Outgoing const& initialize, rpc::Message const& answer) {
  auto const before = handshake_.version;
  if (!take_session(initialize, answer))
    return reopening_failed(
        {.kind = Trouble::Kind::SessionLost, .what = fmt::format("it refused initialize: {:.200}", answer.error)});
  log_.info("remote.session_reopened", "another session was opened in place of the lost one",
            {{"url", server_.shown()}, {"version", handshake_.version}, {"version.before", before}});
  if (handshake_.initialized.text.empty()) return session_taken();
  state_ = State::Reannouncing;
  post(handshake_.initialized, Purpose::Replay);
}

std::unique_ptr<Post> Streamable::take_out(Post& post, Purpose& purpose) {
  auto const found = posts_.find(&post);
  purpose = found->second.purpose;
  auto ended = std::move(found->second.post);
  posts_.erase(found);
  return ended;
}

void Streamable::on_ended(Post& post, Post::Ending ending) {
  auto purpose = Purpose::Client;
  auto ended = take_out(post, purpose);
  auto message = ended->message();
  auto const session = ended->session().id;
  server_.loop().bury(std::move(ended));
  if (purpose == Purpose::Replay) return end_replay(std::move(message), ending);
  end_client_post(std::move(message), session, ending);
  first_is_on_its_way_ = owner_ != nullptr && !posts_.empty();
  send_queued();
}

void Streamable::end_client_post(Outgoing message, std::string const& session_id, Post::Ending const& ending) {
  using Kind = Post::Ending::Kind;
  if (ending.kind == Kind::Done) return;
  if (message.method == mcp::Method::Initialize && state_ == State::Opening) state_ = State::None;
  if (message.method == mcp::Method::Initialized && state_ == State::Announcing) state_ = State::Open;
  if (ending.kind == Kind::SessionGone && handshake_.is_known())
    return session_gone(std::move(message), session_id, ending.trouble);
  if (ending.kind == Kind::Moved && moved(message, ending, Purpose::Client)) return;
  auto const is_for_events = ending.kind == Kind::Refused && owner_ != nullptr && message.is_request() &&
                             !message.is_stateless() && may_be_of_events(ending.trouble.status);
  if (is_for_events) return hand_over(std::move(message), ending.trouble);
  report(message, ending);
}

/// Why it is not asked where it says it is, for whoever has to correct the URL.
Trouble Streamable::explained(Post::Ending const& ending) const {
  auto trouble = ending.trouble;
  if (ending.kind == Post::Ending::Kind::Moved && !server_.same_server(ending.location))
    trouble.what += ": it redirects to another server, which is not followed; the URL must be that of the other";
  return trouble;
}

void Streamable::hand_over(Outgoing message, Trouble trouble) {
  queue_.push_front(std::move(message));
  std::exchange(owner_, nullptr)->on_not_streamable(std::move(trouble), std::exchange(queue_, {}));
}

void Streamable::report(Outgoing const& message, Post::Ending const& ending) {
  auto const is_refused = ending.kind == Post::Ending::Kind::Refused || ending.kind == Post::Ending::Kind::SessionGone;
  if (is_refused && !ending.raw_error.empty()) return client_.on_error(message, ending.raw_error);
  // A server of another revision may say so with a status alone; clients understand this of any server.
  if (is_refused && message.method == mcp::Method::ServerDiscover && may_be_of_events(ending.trouble.status))
    return client_.on_error(
        message, rpc::error_object(rpc::ErrorCode::MethodNotFound, sentence(server_.shown(), ending.trouble)));
  client_.on_failed(message, explained(ending));
}

/// Whether it was sent to where the server is now.
bool Streamable::moved(Outgoing& message, Post::Ending const& ending, Purpose purpose) {
  auto address = server_.same_server(ending.location);
  if (!address || ++message.tries > kMostTries) return false;
  message.address = std::move(address);
  post(std::move(message), purpose);
  return true;
}

// ── another session ──────────────────────────────────────────────────────────

void Streamable::session_gone(Outgoing message, std::string const& session_id, Trouble const& trouble) {
  auto const is_current = session_id == session_id_ && (state_ == State::Open || state_ == State::Lost);
  if (++message.tries > kMostTries) {
    client_.on_failed(message, {.kind = Trouble::Kind::SessionLost,
                                .what = fmt::format("it does not know the sessions that it opens: {}", trouble.what),
                                .status = trouble.status});
  } else if (is_of_any_session(message)) {
    queue_.push_front(std::move(message));
  }
  if (is_current) reopen();
}

void Streamable::on_server_message(rpc::Message const& message, std::string_view raw) {
  // Whose progress it is, only its client knows: all that wait go on waiting.
  if (mcp::method_from(message.method) == mcp::Method::Progress)
    for (auto& [post, sent] : posts_)
      if (!post->is_answered()) sent.post->heard();
  client_.on_message(message, raw);
}

void Streamable::on_stream_session_gone() {
  if (state_ == State::Open) reopen();
}

void Streamable::reopen() {
  log_.info("remote.session_lost", "the server does not know the session any more", {{"url", server_.shown()}});
  session_id_.clear();
  std::erase_if(queue_, [](Outgoing const& message) { return !message.is_stateless() && !is_of_any_session(message); });
  client_.on_session_lost();
  post(handshake_.initialize, Purpose::Replay);
}

void Streamable::end_replay(Outgoing message, Post::Ending const& ending) {
  if (ending.kind == Post::Ending::Kind::Done) return;
  if (ending.kind == Post::Ending::Kind::Moved && moved(message, ending, Purpose::Replay)) return;
  if (state_ == State::Reopening || state_ == State::Reannouncing) reopening_failed(ending.trouble);
}

void Streamable::reopening_failed(Trouble const& trouble) {
  state_ = State::Lost;
  auto const why = Trouble{.kind = trouble.kind,
                           .what = fmt::format("its session was lost, and no other could be opened: {}", trouble.what),
                           .status = trouble.status,
                           .retry_after_ms = trouble.retry_after_ms};
  for (auto const& message : std::exchange(queue_, {})) client_.on_failed(message, why);
}

// ── time, and the end ────────────────────────────────────────────────────────

void Streamable::tick(TimePoint now) {
  std::vector<Post*> all;
  for (auto const& [key, sent] : posts_) all.push_back(key);
  for (auto* const post : all)
    if (posts_.contains(post)) post->tick(now);
}

bool Streamable::is_busy() const {
  auto const is_owed = [](auto const& sent) {
    return !sent.first->is_answered() && sent.first->message().method != mcp::Method::SubscriptionsListen;
  };
  return farewell_ != nullptr || !queue_.empty() || std::ranges::any_of(posts_, is_owed);
}

void Streamable::finish() {
  stream_.close();
  queue_.clear();
  for (auto& [key, sent] : posts_) {
    sent.post->leave();
    server_.loop().bury(std::move(sent.post));
  }
  posts_.clear();
  if (!session_id_.empty()) farewell_ = server_.end_session(session_fields(), *this);
}

void Streamable::on_end(fetch::Exchange&, std::optional<fetch::Failure> const&) {
  fetch::Exchange::leave(std::move(farewell_));
}

}  // namespace gateway::remote
