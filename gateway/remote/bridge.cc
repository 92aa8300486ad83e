#include "gateway/remote/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/remote/answer.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::remote {

namespace {

constexpr milliseconds kTick{250};
/// What is owed when stdin ends, and when a signal came.
constexpr seconds kPatienceAtEnd{30};
constexpr seconds kPatienceAtSignal{2};
/// For the end of the session, and for the client to read what is left.
constexpr seconds kPatienceToClose{2};

}  // namespace

Bridge::Bridge(io::EventLoop& loop, fetch::CurlLoop& curl, Settings settings, log::Log& log)
    : loop_(loop),
      curl_(curl),
      log_(log),
      server_(curl, std::move(settings)),
      stdio_(loop, server_.settings().max_message, *this),
      signals_(loop, *this),
      ticking_(loop, [this] { tick(); }) {
  Client& client = *this;
  if (server_.settings().transport == TransportChoice::Sse)
    transport_ = std::make_unique<LegacySse>(server_, client, log_, std::nullopt);
  else
    begin_with_post();
  ticking_.repeat(kTick);
}

Bridge::~Bridge() = default;

void Bridge::begin_with_post() {
  auto const is_only_one = server_.settings().transport == TransportChoice::Http;
  if (transport_) loop_.bury(std::move(transport_));
  fallback_ = nullptr;
  Client& client = *this;
  Streamable::Owner* const owner = is_only_one ? nullptr : this;
  transport_ = std::make_unique<Streamable>(server_, client, log_, owner);
}

// ── from the client ──────────────────────────────────────────────────────────

void Bridge::on_line(rpc::LineFramer::Line const& line) {
  if (line.oversized) {
    log_.warn("remote.message_dropped", "a message of the client is too large", {{"bytes", line.bytes}});
    return stdio_.write_line(rpc::error_message({}, rpc::ErrorCode::InvalidRequest, "the message is too large"));
  }
  if (line.text.find_first_not_of(" \t") == line.text.npos) return;
  if (!rpc::is_batch(line.text)) return take(line.text);
  rpc::ElementWalk walk(line.text);
  while (auto const element = walk.next()) take(*element);
}

void Bridge::take(std::string_view text) {
  auto read = read_outgoing(text);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) {
    log_.warn("remote.message_dropped", "a message of the client cannot be read", {{"reason", unreadable->why}});
    // The id may be that of an answer, as well as that of a request that is not answered yet.
    auto const is_taken = owed_.contains(same_id(unreadable->id));
    auto const id = is_taken ? std::string_view{} : std::string_view(unreadable->id);
    return stdio_.write_line(rpc::error_message(id, unreadable->code, unreadable->why));
  }
  auto& message = std::get<Outgoing>(read);
  if (message.is_request()) {
    auto remembered = message;
    remembered.text.clear();
    if (!owed_.emplace(message.id, std::move(remembered)).second)
      return stdio_.write_line(rpc::error_message(message.id, rpc::ErrorCode::InvalidRequest,
                                                  "the id is that of a request that is not answered yet"));
  }
  if (message.method == mcp::Method::Initialize) asked_.clear();
  if (message.kind == rpc::MessageKind::Response && asked_.erase(message.id) == 0)
    return lost(message, "it answers nothing that the server has asked in this session");
  // Nobody waits for a cancelled request any more. One that was answered cannot be cancelled.
  if (message.method == mcp::Method::Cancelled && owed_.erase(message.cancels) == 0) return;
  send(std::move(message));
}

void Bridge::send(Outgoing message) {
  if (fallback_ != nullptr && fallback_->has_failed()) begin_with_post();
  transport_->send(std::move(message));
}

// ── from the server ──────────────────────────────────────────────────────────

void Bridge::on_message(rpc::Message const& message, std::string_view raw) {
  if (message.kind == rpc::MessageKind::Response) {
    auto const found = owed_.find(same_id(message.id));
    if (found == owed_.end()) return;
    owed_.erase(found);
  }
  if (message.kind == rpc::MessageKind::Request) asked_.insert(same_id(message.id));
  if (mcp::method_from(message.method) == mcp::Method::Cancelled)
    asked_.erase(same_id(rpc::find_member(message.params, "requestId")));
  stdio_.write_line(raw);
}

/// The server may ask something else with the same id.
void Bridge::on_session_lost() {
  for (auto const& id : std::exchange(asked_, {}))
    stdio_.write_line(fmt::format(
        R"({{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"the session was lost"}}}})",
        id));
}

void Bridge::on_error(Outgoing const& message, std::string_view raw_error) {
  if (!message.is_request()) return lost(message, raw_error);
  if (owed_.erase(message.id) == 0) return;
  stdio_.write_line(fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{}}})", message.id, raw_error));
}

void Bridge::on_failed(Outgoing const& message, Trouble const& trouble) {
  auto const why = sentence(server_.shown(), trouble);
  if (!message.is_request()) return lost(message, why);
  if (owed_.erase(message.id) == 0) return;
  log_.warn("remote.request_failed", why, {{"method", message.method_name}, {"reason", to_text(trouble.kind)}});
  stdio_.write_line(error_answer(message.id, server_.shown(), trouble));
}

void Bridge::lost(Outgoing const& message, std::string_view why) {
  log_.warn("remote.message_lost", "the server did not take a message that has no answer",
            {{"method", message.method_name}, {"reason", why}});
}

void Bridge::on_not_streamable(Trouble trouble, std::deque<Outgoing> unsent) {
  loop_.bury(std::move(transport_));
  Client& client = *this;
  auto legacy = std::make_unique<LegacySse>(server_, client, log_, std::move(trouble));
  fallback_ = legacy.get();
  transport_ = std::move(legacy);
  for (auto& message : unsent) transport_->send(std::move(message));
}

void Bridge::on_full(bool is_full) { curl_.hold_back(is_full); }

// ── the end ──────────────────────────────────────────────────────────────────

void Bridge::on_input_end() { end(kPatienceAtEnd); }

void Bridge::on_terminate() {
  stdio_.stop_reading();
  end(kPatienceAtSignal);
}

void Bridge::on_output_broken() {
  stdio_.stop_reading();
  owed_.clear();
  end(Duration{0});
}

void Bridge::end(Duration patience) {
  auto const deadline = loop_.now() + patience;
  if (state_ == State::Running) state_ = State::Ending;
  if (state_ == State::Ending) deadline_ = deadline_ == TimePoint{} ? deadline : std::min(deadline, deadline_);
  tick();
}

/// A client that listens for changes is not owed their end.
bool Bridge::is_owed() const {
  return std::ranges::any_of(owed_,
                             [](auto const& each) { return each.second.method != mcp::Method::SubscriptionsListen; });
}

void Bridge::give_up() {
  for (auto const& [id, request] : std::exchange(owed_, {}))
    stdio_.write_line(error_answer(id, server_.shown(),
                                   {.kind = Trouble::Kind::Stopping,
                                    .what = "the bridge to it ends before its answer came",
                                    .may_have_run = true}));
}

void Bridge::tick() {
  auto const now = loop_.now();
  transport_->tick(now);
  if (state_ == State::Ending && ((!is_owed() && !transport_->is_busy()) || now >= deadline_)) {
    give_up();
    transport_->finish();
    state_ = State::Closing;
    deadline_ = now + kPatienceToClose;
    ticking_.repeat(kTick / 10);
  }
  if (state_ == State::Closing && (!transport_->is_busy() || now >= deadline_)) {
    state_ = State::Flushing;
    deadline_ = now + kPatienceToClose;
  }
  if (state_ == State::Flushing && (stdio_.is_flushed() || now >= deadline_)) loop_.stop();
}

}  // namespace gateway::remote
