#include "gateway/frontend/posts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "gateway/mcp/http_status.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::frontend {

using rpc::ErrorCode;

namespace {

/// Silence after which the response becomes a stream with comments in it: shorter than
/// the timeout of any proxy.
constexpr Duration kCommitAfter = seconds(10);

/// In whole seconds, as HTTP has it: not before the error says.
std::size_t retry_after(rpc::Reply const& error) {
  return std::max<std::size_t>((rpc::retry_after_ms(error.body).value_or(0) + 999) / 1000, 1);
}

}  // namespace

std::optional<Accepts> accepted_by(Visit const& visit) {
  if (!is_json(visit.request.head)) {
    visit.reply_error(415, ErrorCode::BadRequest, "Content-Type must be application/json, without an encoding");
    return std::nullopt;
  }
  auto const accepted = accepts(visit.request.head);
  if (accepted.json || accepted.sse) return accepted;
  visit.reply_error(406, ErrorCode::BadRequest, "Accept must admit application/json or text/event-stream");
  return std::nullopt;
}

Post& Posts::open(Visit const& visit, PostTerms const& terms) {
  auto owned = std::make_unique<Post>();
  auto& post = *owned;
  post.terms = terms;
  post.exchange = visit.exchange.id();
  post.fields.assign(visit.fields);
  post.since = desk_.clock.now();
  post.ticket = posts_.insert(std::move(owned));
  pending_.push_back(post);
  visit.exchange.set_context(post.ticket);
  return post;
}

// ── answers ──────────────────────────────────────────────────────────────────

/// As `answer` and `drop` do it.
std::optional<int> Posts::status_of(std::uint64_t ticket, int whole) {
  auto* const post = posts_.find(ticket);
  if (post == nullptr) return std::nullopt;
  if (post->streaming) return mcp::kStreamStatus;
  if (exchange(*post) == nullptr) return std::nullopt;
  return post->terms.batch || !post->terms.accepted.json ? mcp::kStreamStatus : whole;
}

void Posts::answer(Post& post, int status, rpc::Reply const& reply) {
  auto& owed = post.terms.owed;
  --owed;
  post.terms.head_waits = false;
  if (post.streaming || (!post.terms.accepted.json && become_stream(post))) {
    auto const too_large = desk_.replace_if_too_large(post.terms.session, reply);
    send_event(post, too_large ? rpc::Reply{reply.id, rpc::Reply::Kind::Error, *too_large}.pieces() : reply.pieces());
  } else if (post.terms.batch) {
    post.batched.push_back(reply.pieces().joined());
    if (owed == 0) answer_batch(post);
  } else {
    answer_whole(post, status, reply.pieces(), status == 503 ? retry_after(reply) : 1);
  }
  if (owed == 0) settle(post);
}

void Posts::drop(Post& post) {
  if (--post.terms.owed > 0) return;
  if (!post.batched.empty()) {
    answer_batch(post);
  } else if (!become_stream(post)) {
    auto const error = rpc::error_message({}, ErrorCode::InternalError, "the request was cancelled");
    answer_whole(post, mcp::kStreamStatus, {error});
  }
  settle(post);
}

bool Posts::send(Post& post, rpc::PiecesView message) {
  if (!become_stream(post)) return false;
  send_event(post, message);
  return true;
}

bool Posts::become_stream(Post& post) {
  if (post.streaming) return true;
  auto* const open = exchange(post);
  auto* const streams = desk_.find_streams(post.terms.session);
  if (!post.terms.accepted.sse || post.terms.head_waits || open == nullptr || streams == nullptr) return false;
  post.streaming = true;
  post.ListHook<PendingTag>::unlink();
  post.stream = streams->next_number++;
  open->open_stream(post.fields, post.terms.tag);
  if (post.terms.primed) send_priming_event(*open, EventId{post.stream, 0});
  // What a batch has gathered so far.
  for (auto const& answer : std::exchange(post.batched, {})) send_event(post, {answer});
  return true;
}

/// Events of a resumable POST are numbered and kept, also those its client has not seen.
void Posts::send_event(Post& post, rpc::PiecesView message) {
  auto* const streams = desk_.find_streams(post.terms.session);
  if (streams == nullptr) return;
  EventId const id{post.stream, ++post.events};
  if (post.terms.resumable) streams->keep(id, message.joined(), desk_.config.limits);
  auto* const open = exchange(post);
  if (open == nullptr) return;
  open->send_event({.event = "message",
                    .id = post.terms.resumable ? id.text() : std::string{},
                    .data = message,
                    .plain = message.plain()});
}

void Posts::answer_whole(Post& post, int status, rpc::PiecesView body, std::size_t retry_after) {
  auto* const open = exchange(post);
  if (open == nullptr) return;
  open->respond({.status = status,
                 .content_type = "application/json",
                 .fields = post.fields,
                 .body = body,
                 .retry_after = retry_after});
}

void Posts::answer_batch(Post& post) {
  std::string all = "[";
  for (auto const& each : post.batched) all.append(all.size() > 1 ? "," : "").append(each);
  all.push_back(']');
  answer_whole(post, mcp::kStreamStatus, {all});
}

// ── ends ─────────────────────────────────────────────────────────────────────

/// Everything the POST was owed has come. A session that ends with it ends later in the
/// turn: the service that answers is in the middle of something with it.
void Posts::settle(Post& post) {
  auto const owned = posts_.release(post.ticket);
  if (auto* const open = exchange(*owned)) open->end_stream(desk_.stream_end());
  if (!owned->terms.ends_session) return;
  over_.push_back(owned->terms.session);
  desk_.turn.defer(*this);
}

void Posts::run_deferred() {
  for (auto const id : std::exchange(over_, {})) {
    if (auto* const session = desk_.sessions.find(id)) desk_.end_session(*session, mcp::SessionEnd::Client);
  }
}

Post* Posts::lose(std::uint64_t ticket, ExchangeId gone) {
  auto* const post = posts_.find(ticket);
  if (post == nullptr || post->exchange != gone) return nullptr;
  post->exchange = {};
  return post;
}

void Posts::forget(std::uint64_t ticket) { auto const owned = posts_.release(ticket); }

void Posts::drop_all_of(SessionId session) {
  std::vector<std::uint64_t> tickets;
  posts_.for_each([&](Post const& post) {
    if (post.terms.session == session) tickets.push_back(post.ticket);
  });
  for (auto const ticket : tickets) {
    auto* const post = posts_.find(ticket);
    if (post == nullptr) continue;
    post->terms.owed = 1;  // none of its answers will come
    drop(*post);
  }
}

// ── streams ──────────────────────────────────────────────────────────────────

bool Posts::resume(Visit const& visit, SessionId session, http::StreamTag tag, EventId last) {
  Post* open = nullptr;
  posts_.for_each([&](Post& post) {
    if (post.terms.session == session && post.stream == last.stream) open = &post;
  });
  auto const* const streams = desk_.find_streams(session);
  if (streams == nullptr || (open == nullptr && !streams->has_kept(last.stream))) return false;

  visit.exchange.open_stream(visit.fields, tag);
  streams->replay_after(last, visit.exchange);
  if (open == nullptr) {
    visit.exchange.end_stream(desk_.stream_end());
    return true;
  }
  auto const lost = std::exchange(open->exchange, visit.exchange.id());
  visit.exchange.set_context(open->ticket);
  if (auto* const old = desk_.server->find(lost)) old->end_stream(desk_.stream_end());
  return true;
}

void Posts::tick() {
  while (auto* const post = pending_.front()) {
    if (desk_.clock.now() - post->since < kCommitAfter) return;
    post->ListHook<PendingTag>::unlink();
    (void)become_stream(*post);
  }
}

}  // namespace gateway::frontend
