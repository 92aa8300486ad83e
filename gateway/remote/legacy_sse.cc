#include "gateway/remote/legacy_sse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/remote/answer.h"

namespace gateway::remote {

namespace {

constexpr int kMostSseTries = 3;
constexpr std::size_t kMostOfRefusedStream = 16 * 1024;
/// For each step from a connection to an open session.
constexpr seconds kPatienceForStep{30};

}  // namespace

LegacySse::LegacySse(Server& server, Client& client, log::Log& log, std::optional<Trouble> before)
    : server_(server),
      client_(client),
      log_(log),
      before_(std::move(before)),
      events_(server.settings().max_message),
      posts_(server, *this),
      again_(server.loop(), [this] { connect(); }) {}

LegacySse::~LegacySse() { fetch::Exchange::leave(std::move(stream_)); }

// ── what the client sends ────────────────────────────────────────────────────

void LegacySse::send(Outgoing message) {
  if (message.method == mcp::Method::Cancelled) {
    if (take_back(message.cancels)) return;
    owed_.erase(message.cancels);  // so that it is not sent again
  }
  if (state_ == State::Open) return post(std::move(message));
  queue_.push_back(std::move(message));
  if (state_ == State::Closed) connect();
}

bool LegacySse::take_back(std::string_view raw_id) {
  auto const found = std::ranges::find_if(queue_, [&](auto const& m) { return m.is_request() && m.id == raw_id; });
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

void LegacySse::post(Outgoing message) {
  if (message.method == mcp::Method::Initialized && state_ == State::Open) {
    handshake_.initialized = message;
    begin_step(State::Announcing);
  }
  if (message.is_request()) owed_.insert_or_assign(message.id, Owed{message, server_.loop().now()});
  posts_.post(*endpoint_, std::move(message));
}

void LegacySse::send_queued() {
  while (!queue_.empty() && state_ == State::Open) {
    auto message = std::move(queue_.front());
    queue_.pop_front();
    post(std::move(message));
  }
}

void LegacySse::on_posted(Outgoing message, EventPosts::Result result) {
  if (message.method == mcp::Method::Initialized && (state_ == State::Announcing || state_ == State::Reannouncing)) {
    state_ = State::Open;
    return send_queued();
  }
  if (result.taken) return;
  if (result.session_gone && handshake_.is_known() && !is_replaying() && ++message.tries <= kMostSseTries) {
    auto const is_due = !message.is_request() || owed_.erase(message.id) != 0;
    if (is_due && is_of_any_session(message)) queue_.push_front(std::move(message));
    return lost({.kind = Trouble::Kind::SessionLost, .what = result.trouble.what, .status = result.trouble.status});
  }
  if (is_replaying()) return lost(result.trouble);
  if (message.is_request() && owed_.erase(message.id) == 0) return;  // answered in spite of that
  client_.on_failed(message, result.trouble);
}

// ── the stream ───────────────────────────────────────────────────────────────

void LegacySse::begin_step(State step) {
  state_ = step;
  step_begun_ = server_.loop().now();
}

void LegacySse::connect() {
  again_.cancel();
  begin_step(State::Connecting);
  endpoint_.reset();
  head_ = {};
  refusal_.clear();
  events_ = EventReader(server_.settings().max_message);
  stream_ = server_.listen(redirected_, {}, *this);
}

void LegacySse::on_head(fetch::Exchange&, fetch::Head const& head) {
  head_ = head;
  auto const is_moved = judge(head.status, false, {}) == Verdict::Moved;
  auto address = is_moved ? server_.same_server(head.find("location")) : std::nullopt;
  if (!address || retry_.tries() > kMostSseTries) return;
  fetch::Exchange::leave(std::move(stream_));
  redirected_ = std::move(address);
  again_.set(*retry_.next({}));
}

void LegacySse::on_body(fetch::Exchange&, std::string_view bytes) {
  auto const is_stream = head_.status == 200 && form_of(head_.find("content-type")) == BodyForm::Events;
  if (!is_stream) {
    refusal_.append(bytes.substr(0, kMostOfRefusedStream - std::min(kMostOfRefusedStream, refusal_.size())));
    return;
  }
  auto const* const reading = stream_.get();
  while (auto const event = events_.next(bytes)) {
    if (event->name == "endpoint" && state_ == State::Connecting) connected(event->data);
    if (event->name == "message") take(event->data);
    if (stream_.get() != reading) return;
  }
  if (events_.too_large())
    lost({.kind = Trouble::Kind::BadAnswer,
          .what = fmt::format("an event is larger than {} MiB", server_.settings().max_message >> 20)});
}

void LegacySse::on_end(fetch::Exchange&, std::optional<fetch::Failure> const& failure) {
  if (failure && head_.status == 0) return could_not_connect(trouble_of(*failure));
  auto const is_events = form_of(head_.find("content-type")) == BodyForm::Events;
  if (head_.status != 200) return could_not_connect(trouble_of(head_, refusal_));
  if (!is_events)
    return could_not_connect(
        {.kind = Trouble::Kind::BadAnswer,
         .what = fmt::format("it answered a GET with the content type '{:.60}', where an event stream was expected",
                             head_.find("content-type"))});
  auto const why = failure ? failure->what : std::string("its event stream ended");
  if (state_ == State::Connecting)
    return could_not_connect({.kind = Trouble::Kind::ConnectionLost,
                              .what = fmt::format("the connection was lost before it said where to POST: {}", why)});
  lost({.kind = Trouble::Kind::ConnectionLost, .what = fmt::format("the connection was lost: {}", why)});
}

void LegacySse::connected(std::string_view endpoint) {
  if (redirected_) server_.moved_to(*std::exchange(redirected_, std::nullopt));
  endpoint_ = server_.same_server(endpoint);
  if (!endpoint_)
    return could_not_connect({.kind = Trouble::Kind::BadAnswer,
                              .what = "it names an endpoint of another server, where no credentials may be sent"});
  log_.info("remote.connected", "connected", {{"url", server_.shown()}, {"transport", "sse"}});
  before_.reset();
  state_ = State::Open;
  auto const begins = !queue_.empty() && queue_.front().method == mcp::Method::Initialize;
  if (!handshake_.is_known() || begins) return send_queued();
  begin_step(State::Reopening);
  posts_.post(*endpoint_, handshake_.initialize);
}

void LegacySse::take(std::string_view raw) {
  auto const line = on_one_line(raw);
  auto const message = read_server_message(line);
  if (!message) return;
  retry_.succeeded();
  if (message->kind == rpc::MessageKind::Response) return take_answer(*message, line);
  // Whose progress it is, only its client knows: all that wait go on waiting.
  if (mcp::method_from(message->method) == mcp::Method::Progress)
    for (auto& [id, owed] : owed_) owed.heard = server_.loop().now();
  client_.on_message(*message, line);
}

void LegacySse::take_answer(rpc::Message const& message, std::string_view raw) {
  if (state_ == State::Reopening && same_id(message.id) == handshake_.initialize.id) return reopened(message);
  auto const found = owed_.find(same_id(message.id));
  if (found == owed_.end()) return;
  auto const request = std::move(found->second.request);
  owed_.erase(found);
  auto version = request.method == mcp::Method::Initialize ? version_in(message) : std::string{};
  if (!version.empty()) {
    handshake_.version = std::move(version);
    handshake_.initialize = request;
  }
  client_.on_message(message, raw);
}

void LegacySse::reopened(rpc::Message const& answer) {
  if (version_in(answer).empty())
    return lost(
        {.kind = Trouble::Kind::SessionLost, .what = fmt::format("it refused initialize: {:.200}", answer.error)});
  log_.info("remote.session_reopened", "another session was opened in place of the lost one",
            {{"url", server_.shown()}, {"version", version_in(answer)}, {"version.before", handshake_.version}});
  begin_step(State::Reannouncing);
  if (handshake_.initialized.text.empty()) {
    state_ = State::Open;
    return send_queued();
  }
  posts_.post(*endpoint_, handshake_.initialized);
}

// ── when it ends ─────────────────────────────────────────────────────────────

/// What was sent is not sent again: it may have been carried out.
void LegacySse::lost(Trouble const& trouble) {
  auto const was_replaying = is_replaying();
  fetch::Exchange::leave(std::move(stream_));
  posts_.leave_all();
  state_ = State::Closed;
  std::erase_if(queue_, [](Outgoing const& message) { return !is_of_any_session(message); });
  client_.on_session_lost();
  auto unknown = trouble;
  unknown.may_have_run = true;
  for (auto const& [id, owed] : std::exchange(owed_, {})) client_.on_failed(owed.request, unknown);
  if (was_replaying || !handshake_.is_known())
    for (auto const& message : std::exchange(queue_, {})) client_.on_failed(message, trouble);
  if (finished_ || !handshake_.is_known()) return;
  if (!queue_.empty()) return connect();
  again_.set(*retry_.next(events_.retry()));
}

void LegacySse::could_not_connect(Trouble const& trouble) {
  fetch::Exchange::leave(std::move(stream_));
  state_ = State::Closed;
  redirected_.reset();
  auto told = trouble;
  if (before_) told.what = fmt::format("{}; before that, POST: {}", trouble.what, before_->what);
  for (auto const& message : std::exchange(queue_, {})) client_.on_failed(message, told);
  if (!finished_ && handshake_.is_known()) again_.set(*retry_.next({}));
}

void LegacySse::look_at_step(TimePoint now) {
  auto const patience = server_.settings().call_timeout;
  auto const limit = patience.count() == 0 ? kPatienceForStep : std::min<Duration>(kPatienceForStep, patience);
  if (now - step_begun_ <= limit) return;
  auto const in_time = fmt::format("in {} s", to_ms(limit) / 1000);
  if (state_ == State::Connecting && stream_)
    return could_not_connect({.kind = Trouble::Kind::Timeout,
                              .what = fmt::format("its event stream did not say where to POST, {}", in_time)});
  if (is_replaying())
    return lost({.kind = Trouble::Kind::Timeout,
                 .what = fmt::format("its session was lost, and another was not opened {}", in_time)});
  if (state_ != State::Announcing) return;
  state_ = State::Open;  // it has not ended its answer, which says nothing
  send_queued();
}

void LegacySse::tick(TimePoint now) {
  look_at_step(now);
  auto const patience = server_.settings().call_timeout;
  if (patience.count() == 0) return;
  std::vector<Outgoing> late;
  for (auto const& [id, owed] : owed_)
    if (now - owed.heard > patience) late.push_back(owed.request);
  for (auto const& request : late) {
    owed_.erase(request.id);
    client_.on_failed(request, {.kind = Trouble::Kind::Timeout,
                                .what = fmt::format("neither answer nor progress within {} s", to_ms(patience) / 1000),
                                .may_have_run = true});
  }
}

bool LegacySse::is_busy() const { return !posts_.empty() || !queue_.empty(); }

/// The end of the stream is the end of the session.
void LegacySse::finish() {
  finished_ = true;
  again_.cancel();
  queue_.clear();
  owed_.clear();
  posts_.leave_all();
  fetch::Exchange::leave(std::move(stream_));
  state_ = State::Closed;
}

}  // namespace gateway::remote
