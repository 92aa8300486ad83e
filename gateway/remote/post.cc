#include "gateway/remote/post.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/rpc/json_scanner.h"

namespace gateway::remote {

namespace {

constexpr std::size_t kMostOfRefusedPost = 64 * 1024;
constexpr int kMostResumptions = 6;
/// How long a stream may stay open behind the answer, before its connection is given up.
constexpr seconds kAfterAnswer{2};
/// How long the text of a refusal may take, whose status is known.
constexpr seconds kForRefusal{5};
/// Nobody waits for the answer to a notification.
constexpr milliseconds kPatienceForNone{30'000};

Server::Fields fields_of(Outgoing const& message, Post::Session const& session) {
  auto fields = message.is_stateless() ? stateless_fields(message) : session.fields;
  fields.insert(fields.end(), message.more_fields.begin(), message.more_fields.end());
  return fields;
}

}  // namespace

Post::Post(Server& server, Outgoing message, Session session, Owner& owner)
    : server_(server),
      message_(std::move(message)),
      session_(std::move(session)),
      owner_(owner),
      events_(server.settings().max_message),
      retry_(kMostResumptions),
      heard_(server.loop().now()),
      again_(server.loop(), [this] { ask_for_rest(); }),
      exchange_(server.post(message_.address, message_.text, fields_of(message_, session_), *this)) {}

void Post::leave() {
  state_ = State::Over;
  again_.cancel();
  fetch::Exchange::leave(std::move(exchange_));
}

void Post::forgo_answer() {
  answered_ = true;
  heard();
}

void Post::heard() { heard_ = server_.loop().now(); }

void Post::tick(TimePoint now) {
  auto const silent = now - heard_;
  if (answered_ && silent > kAfterAnswer) return end({});
  if (answered_) return;
  if (state_ == State::Refusal) {
    if (silent > kForRefusal) end_refusal();
    return;
  }
  if (!message_.is_request()) {
    if (silent > kPatienceForNone) fail(Trouble::Kind::Timeout, "it did not end its answer in time");
    return;
  }
  auto const patience = server_.settings().call_timeout;
  if (patience.count() == 0 || message_.method == mcp::Method::SubscriptionsListen || silent <= patience) return;
  fail(Trouble::Kind::Timeout, fmt::format("neither answer nor progress within {} s", to_ms(patience) / 1000));
}

void Post::on_head(fetch::Exchange&, fetch::Head const& head) {
  head_ = head;
  body_.clear();
  is_rest_ ? begin_rest(head) : begin_answer(head);
}

void Post::begin_answer(fetch::Head const& head) {
  if (head.status < 200 || head.status >= 300) {
    state_ = State::Refusal;
    return heard();
  }
  auto const form = form_of(head.find("content-type"));
  state_ = form == BodyForm::Events ? State::Events : State::Json;
  owner_.on_taken(*this, head);
  if (state_ == State::Over || !message_.is_request() || form != BodyForm::Other) return;
  auto const type = head.find("content-type");
  fail(Trouble::Kind::BadAnswer,
       fmt::format("it answered with HTTP status {} and {}, where JSON or an event stream was expected", head.status,
                   type.empty() ? "no content type" : fmt::format("the content type '{:.60}'", type)));
}

void Post::begin_rest(fetch::Head const& head) {
  if (head.status == 200 && form_of(head.find("content-type")) == BodyForm::Events) {
    retry_.succeeded();
    events_.restart();
    state_ = State::Events;
    return;
  }
  if (head.status >= 500 || head.status == 429)
    return try_again(fmt::format("the connection was lost, and the rest was refused with HTTP status {}", head.status));
  auto const gone = head.status == 404 && !session_.id.empty();
  fail(gone ? Trouble::Kind::SessionLost : Trouble::Kind::ConnectionLost,
       fmt::format("the connection was lost before the answer, and the rest was refused with HTTP status {}",
                   head.status));
}

void Post::on_body(fetch::Exchange&, std::string_view bytes) {
  if (state_ == State::Events) return read_events(bytes);
  auto const most = state_ == State::Json ? server_.settings().max_message : kMostOfRefusedPost;
  if (body_.size() + bytes.size() <= most) return void(body_.append(bytes));
  if (state_ == State::Json)
    return fail(Trouble::Kind::BadAnswer, fmt::format("its answer is larger than {} MiB", most >> 20));
  body_.append(bytes.substr(0, most - body_.size()));
  end_refusal();
}

void Post::read_events(std::string_view bytes) {
  while (auto const event = events_.next(bytes)) {
    if (event->name == "message") take_all(event->data);
    if (state_ == State::Over) return;
  }
  if (events_.too_large())
    fail(Trouble::Kind::BadAnswer,
         fmt::format("an event of its answer is larger than {} MiB", server_.settings().max_message >> 20));
}

void Post::take(std::string_view raw) {
  auto const line = on_one_line(raw);
  auto const message = read_server_message(line);
  if (!message) return;
  heard();
  auto const is_answer = message->kind == rpc::MessageKind::Response && same_id(message->id) == message_.id;
  answered_ = answered_ || is_answer;
  owner_.on_message(*this, *message, line);
}

void Post::on_end(fetch::Exchange&, std::optional<fetch::Failure> const& failure) {
  fetch::Exchange::leave(std::move(exchange_));
  if (answered_) return end({});
  switch (state_) {
    case State::Waiting:
      if (is_rest_) return broke_off(failure);
      return end({.kind = Ending::Kind::Failed, .trouble = trouble_of(failure.value_or(fetch::Failure{}))});
    case State::Refusal: return end_refusal();
    case State::Events: return message_.is_request() ? broke_off(failure) : end({});
    case State::Json:
      if (!message_.is_request()) return end({});
      return failure ? broke_off(failure) : end_json();
    case State::Broken:
    case State::Over: return;
  }
}

/// An array is the answer to a batch, which some servers give to a single message.
void Post::take_all(std::string_view raw) {
  if (!rpc::is_batch(raw)) return take(raw);
  rpc::ElementWalk walk(raw);
  while (auto const element = walk.next()) {
    take(*element);
    if (state_ == State::Over) return;
  }
}

void Post::end_json() {
  take_all(body_);
  if (state_ == State::Over) return;
  if (answered_) return end({});
  fail(Trouble::Kind::BadAnswer, head_.status == 202 ? "it answered with HTTP status 202, and no answer to the request"
                                                     : "its JSON is no answer to the request");
}

void Post::end_refusal() {
  auto const verdict = judge(head_.status, !session_.id.empty() && !message_.is_stateless(), body_, message_.id);
  Ending ending{.kind = Ending::Kind::Refused,
                .trouble = trouble_of(head_, body_),
                .raw_error = std::string(rpc_error_in(on_one_line(body_))),
                .location = std::string(head_.find("location")),
                .challenge = std::string(head_.find("www-authenticate"))};
  if (verdict == Verdict::SessionGone) ending.kind = Ending::Kind::SessionGone;
  if (verdict == Verdict::Moved) ending.kind = Ending::Kind::Moved;
  if (verdict == Verdict::Unauthorized) ending.kind = Ending::Kind::Unauthorized;
  end(std::move(ending));
}

void Post::broke_off(std::optional<fetch::Failure> const& failure) {
  auto const why = failure ? failure->what : std::string("its stream ended");
  auto const what = fmt::format("the connection was lost before the answer: {}", why);
  if (message_.is_stateless() || events_.last_id().empty()) return fail(Trouble::Kind::ConnectionLost, what);
  try_again(what);
}

void Post::try_again(std::string why) {
  fetch::Exchange::leave(std::move(exchange_));
  auto const wait = retry_.next(events_.retry());
  if (!wait) return fail(Trouble::Kind::ConnectionLost, std::move(why));
  state_ = State::Broken;
  again_.set(*wait);
}

void Post::ask_for_rest() {
  is_rest_ = true;
  state_ = State::Waiting;
  auto fields = session_.fields;
  fields.push_back(fmt::format("Last-Event-ID: {}", events_.last_id()));
  exchange_ = server_.listen(std::nullopt, fields, *this);
}

/// After the server has taken it.
void Post::fail(Trouble::Kind kind, std::string what) {
  end({.kind = Ending::Kind::Failed,
       .trouble = {.kind = kind, .what = std::move(what), .may_have_run = message_.is_request()}});
}

void Post::end(Ending ending) {
  if (state_ == State::Over) return;
  leave();
  if (answered_) ending = {};
  owner_.on_ended(*this, std::move(ending));
}

}  // namespace gateway::remote
