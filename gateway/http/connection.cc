#include "gateway/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/ip_range.h"
#include "gateway/http/server.h"

namespace gateway::http {

namespace {

/// What a client may send ahead of the answer it is waiting for.
constexpr std::size_t kMaxAhead = 64 * 1024;

/// A piece of an event's data from which on it is sent at once. Smaller ones wait for others of the turn.
constexpr std::size_t kSentEarly = 8 * 1024;

bool is_large(Event const& event) {
  return std::ranges::any_of(event.data, [](std::string_view piece) { return piece.size() >= kSentEarly; });
}

/// Apart from what every event takes: most are small, and its pieces take much of a stack frame.
[[gnu::noinline]] void send_uncopied(io::Stream& stream, Event const& event, bool chunked) {
  EventPieces const pieces(event, chunked);
  stream.send_early(pieces.view());
}

/// As metrics call it.
std::string_view name_of(io::TlsSession::Failure failure) {
  using Failure = io::TlsSession::Failure;
  switch (failure) {
    case Failure::PlainHttp: return "plain_http";
    case Failure::NotTls: return "not_tls";
    case Failure::NoCertificate: return "no_certificate";
    case Failure::BadCertificate: return "bad_certificate";
    case Failure::None:
    case Failure::Protocol: return "failed";
  }
  return "failed";
}

StreamEnd end_of(RequestHandler::Gone why) {
  switch (why) {
    case RequestHandler::Gone::Client: return StreamEnd::Client;
    case RequestHandler::Gone::Slow: return StreamEnd::Slow;
    case RequestHandler::Gone::Stalled: return StreamEnd::WriteTimeout;
    case RequestHandler::Gone::Shutdown: return StreamEnd::Drain;
  }
  return StreamEnd::Client;
}

}  // namespace

Connection::Connection(Server& server, Socket socket, std::uint32_t place, ListenerTag listener, Allowance::Share share)
    : server_(server),
      share_(std::move(share)),
      stream_(server.loop(), std::move(socket.fd), *this, std::move(socket.tls)),
      place_(place),
      listener_(listener),
      since_(server.loop().now()),
      stalled_since_(since_),
      origin_(socket.origin ? std::make_unique<Origin>(*std::move(socket.origin)) : nullptr) {
  if (stream_.tls() != nullptr && stream_.tls()->state() == io::TlsSession::State::Handshake) phase_ = Phase::Handshake;
  server_.list(*this, phase_);
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ = server_.loop().now();
  server_.list(*this, phase);
}

// ── the handshake ────────────────────────────────────────────────────────────

void Connection::on_handshake() {
  using Failure = io::TlsSession::Failure;
  auto const& tls = *stream_.tls();
  if (tls.failure() == Failure::None) {
    server_.probe().handshake_done(tls.version(), tls.is_resumed() ? Resumed::Yes : Resumed::No);
    return enter(Phase::Idle);
  }
  if (tls.failure() == Failure::PlainHttp) {
    handshake_failed(name_of(tls.failure()));
    stream_.drop_tls();
    (void)refuse(400, "https_expected");
    return;
  }
  auto const how = name_of(tls.failure());
  handshake_failed(how);
  if (tls.failure() == Failure::NotTls) return close(RequestHandler::Gone::Client);
  if (tls.failure() != Failure::Protocol) server_.handler().on_uncertified(how, tls.trouble(), remote());
  // The alert that says why would be lost if the connection were reset by what the client is still sending.
  enter(Phase::Lingering);
  finish_writing();
}

void Connection::handshake_failed(std::string_view how) { server_.probe().handshake_failed(how); }

// ── reading ──────────────────────────────────────────────────────────────────

void Connection::on_bytes(std::string_view bytes) {
  if (phase_ == Phase::Lingering || phase_ == Phase::Closed) return;
  auto const waits = phase_ == Phase::Handling || phase_ == Phase::Streaming || phase_ == Phase::Leaving;
  if (waits || !in_.empty()) {
    in_.append(bytes);
    if (waits && in_.size() > kMaxAhead) stream_.pause_reading();
    if (!waits) serve_buffered();
    return;
  }
  // Nothing is buffered: a request that came whole is served where it lies.
  serving_ = true;
  while (serve(bytes) == Progress::Again) {
  }
  serving_ = false;
  if (phase_ != Phase::Closed && phase_ != Phase::Lingering) in_.append(bytes);
}

void Connection::serve_buffered() {
  if (departure_) return depart();
  serving_ = true;
  for (bool again = true; again && !in_.empty();) {
    auto bytes = in_.view();
    auto const before = bytes.size();
    again = serve(bytes) == Progress::Again;
    in_.consume(before - bytes.size());
  }
  serving_ = false;
}

/// Takes one step from the front of `bytes`, shortening it by what was used.
Connection::Progress Connection::serve(std::string_view& bytes) {
  switch (phase_) {
    case Phase::Idle:
    case Phase::Head: return read_head(bytes);
    case Phase::Body: return read_body(bytes);
    case Phase::Handshake:
    case Phase::Handling:
    case Phase::Streaming:
    case Phase::Leaving:
    case Phase::Lingering:
    case Phase::Closed: return Progress::Stuck;
  }
  return Progress::Stuck;
}

Connection::Progress Connection::read_head(std::string_view& bytes) {
  if (bytes.empty()) return Progress::Stuck;
  auto& head = server_.scratch_head();
  auto const parsed = parse_head(bytes, scanned_, server_.limits().head, head);
  if (parsed.state != HeadResult::State::Done) request_id_.assign({});  // the last request's
  if (parsed.state == HeadResult::State::Failed) return refuse(parsed.error.status, parsed.error.reason);
  if (parsed.state == HeadResult::State::NeedMore) {
    scanned_ = bytes.size();
    if (phase_ == Phase::Idle) enter(Phase::Head);
    return Progress::Stuck;
  }
  scanned_ = 0;
  if (server_.has_several()) {
    if (auto const to = server_.mover()->elsewhere(head, listener_)) return leave(*to, bytes);
  }
  request_id_.assign(is_request_id(head.request_id) ? head.request_id : server_.request_ids().next());
  chunked_reply_ = head.minor_version >= 1;
  // A 1.0 client that wants the connection kept would have to be told so.
  close_after_ = close_after_ || !head.keep_alive || head.minor_version == 0;
  head_only_ = head.method == Method::Head;
  if (head.content_length > server_.limits().max_body_bytes) return refuse(413, "body_too_large");

  auto const whole = !head.chunked && bytes.size() - parsed.consumed >= head.content_length;
  if (whole) {
    auto const used = parsed.consumed + static_cast<std::size_t>(head.content_length);
    auto const request = bytes.substr(0, used);
    bytes.remove_prefix(used);
    dispatch(head, request.substr(parsed.consumed));
    return Progress::Again;
  }
  if (head.expect_continue) {
    stream_.out().append("HTTP/1.1 100 Continue\r\n\r\n");
    wrote();
  }
  head_text_.assign(bytes.substr(0, parsed.consumed));
  bytes.remove_prefix(parsed.consumed);
  body_bytes_ = static_cast<std::size_t>(head.content_length);
  if (head.chunked) chunked_body_ = std::make_unique<ChunkedBody>();
  enter(Phase::Body);
  return Progress::Again;
}

Connection::Progress Connection::read_body(std::string_view& bytes) {
  if (!chunked_body_) {
    if (bytes.size() < body_bytes_) return Progress::Stuck;
    auto const body = bytes.substr(0, body_bytes_);
    bytes.remove_prefix(body_bytes_);
    dispatch_kept_head(body);
    return Progress::Again;
  }
  auto const fed = chunked_body_->decoder.feed(bytes, server_.limits().max_body_bytes, chunked_body_->bytes);
  bytes.remove_prefix(fed.consumed);
  switch (fed.state) {
    case ChunkedDecoder::State::NeedMore: return Progress::Stuck;
    case ChunkedDecoder::State::TooLarge: return refuse(413, "body_too_large");
    case ChunkedDecoder::State::Failed: return refuse(400, "bad_chunk");
    case ChunkedDecoder::State::Done: break;
  }
  auto const body = std::move(chunked_body_);
  dispatch_kept_head(body->bytes.view());
  return Progress::Again;
}

/// The head is read anew: the server's one parsed head has served others since.
void Connection::dispatch_kept_head(std::string_view body) {
  auto const text = std::exchange(head_text_, {});
  auto& head = server_.scratch_head();
  (void)parse_head(text, 0, server_.limits().head, head);
  dispatch(head, body);
}

void Connection::dispatch(RequestHead const& head, std::string_view body) {
  enter(Phase::Handling);
  exchange_ = server_.next_exchange(*this);
  context_ = 0;
  route_ = {};
  server_.handler().on_request(*this, Request{head, body, listener_, request_id_.view()});
}

Connection::Progress Connection::refuse(int status, std::string_view reason) {
  server_.probe().request_refused(status, reason);
  close_after_ = true;
  enter(Phase::Handling);
  exchange_ = server_.next_exchange(*this);
  route_ = {};
  if (request_id_.empty()) request_id_.assign(server_.request_ids().next());
  auto const text = fmt::format("{} {}: {}\n", status, reason_phrase(status), reason);
  std::string_view const body = text;
  respond({.status = status, .content_type = "text/plain", .fields = {}, .body = {&body, 1}});
  return Progress::Stuck;
}

// ── moving ───────────────────────────────────────────────────────────────────

/// Nothing is owed on the connection, but the last answers may still wait to be
/// sent; they go first, so that there is one writer at any time.
Connection::Progress Connection::leave(std::size_t to, std::string_view unread) {
  if (stream_.queued() > 0) {
    enter(Phase::Leaving);
    return Progress::Stuck;
  }
  auto leaving = moved(std::string(unread));
  server_.release_moved(*this);  // buried: it lives until the end of the turn
  server_.mover()->move(to, std::move(leaving));
  return Progress::Stuck;
}

MovedConnection Connection::moved(std::string unread) {
  phase_ = Phase::Closed;
  auto [socket, tls] = stream_.release();
  return {.socket = std::move(socket),
          .tls = std::move(tls),
          .origin = origin_ ? std::optional(*origin_) : std::nullopt,
          .listener = listener_,
          .share = std::move(share_),
          .unread = std::move(unread)};
}

/// Not at once: whoever passes a request on is called from within it, and what follows it is buffered only then.
void Connection::pass_on(Process to, std::string request) {
  if (phase_ != Phase::Handling) return;
  exchange_ = {};
  watcher_.reset();
  departure_ = std::make_unique<Departure>(Departure{to, std::move(request)});
  enter(Phase::Leaving);
  server_.serve_later(*this);
}

void Connection::pass_on_if_idle(Process to) {
  auto const waits = phase_ == Phase::Idle || phase_ == Phase::Head || (phase_ == Phase::Body && !chunked_body_);
  if (!waits || has_tls() || ListHook<ServeTag>::linked()) return;
  departure_ = std::make_unique<Departure>(Departure{to, std::exchange(head_text_, {})});
  enter(Phase::Leaving);
  depart();
}

/// As with `leave`, answers go first; `on_sent` has it tried again.
void Connection::depart() {
  if (phase_ != Phase::Leaving || stream_.queued() > 0) return;
  auto const departure = std::move(departure_);
  auto leaving = moved(departure->request.append(in_.view()));
  leaving.share = {};
  auto* const mover = server_.mover();
  server_.release(*this);  // buried, as above
  mover->pass(departure->to, std::move(leaving));
}

void Connection::take_up(std::string_view unread, After after_next) {
  close_after_ = after_next == After::Close;
  on_bytes(unread);
}

std::string Connection::remote() const { return origin_ ? origin_->remote : stream_.remote(); }

std::optional<IpAddress> Connection::address() const {
  if (!origin_) return stream_.address();
  auto const range = parse_ip_range(origin_->remote);
  return range ? std::optional(range->first) : std::nullopt;
}

ClientCertificate const* Connection::certificate() const {
  if (origin_) return origin_->certificate ? &*origin_->certificate : nullptr;
  return stream_.tls() == nullptr ? nullptr : stream_.tls()->certificate();
}

// ── answering ────────────────────────────────────────────────────────────────

void Connection::respond(Response const& response) {
  if (phase_ != Phase::Handling) return;
  auto answer = response;
  answer.head_only = head_only_;
  answer.request_id = request_id_.view();
  append_response(stream_.out(), answer, close_after_ ? After::Close : After::KeepAlive);
  server_.probe().answered(route_, answer.status);
  if (watcher_) watcher_->on_answered(answer.status);
  wrote();
  exchange_done();
}

void Connection::open_stream(std::string_view fields, StreamTag stream) {
  if (phase_ != Phase::Handling) return;
  if (!chunked_reply_) close_after_ = true;
  append_stream_head(stream_.out(), fields, chunked_reply_, request_id_.view());
  stream_tag_ = stream;
  server_.probe().answered(route_, 200);
  server_.probe().stream_opened(stream);
  if (watcher_) watcher_->on_answered(200);
  enter(Phase::Streaming);
  wrote();
}

void Connection::send_event(Event const& event) {
  if (phase_ != Phase::Streaming) return;
  // A single message may be larger than the bound; a second one waits for it.
  // Its end comes in a turn of its own: whoever sends is in the middle of
  // something, and would have its session ended under its feet.
  if (too_slow_ || stream_.queued() > server_.limits().max_queue_bytes) {
    too_slow_ = true;
    return server_.close_slow_later(exchange_);
  }
  // A large one is not copied, and its client reads it while the gateway goes on with the turn.
  if (is_large(event) && stream_.may_send_early()) {
    send_uncopied(stream_, event, chunked_reply_);
  } else {
    append_event(stream_.out(), event, chunked_reply_);
  }
  wrote();
}

void Connection::send_comment(std::string_view text) {
  if (phase_ != Phase::Streaming) return;
  append_comment(stream_.out(), text, chunked_reply_);
  wrote();
}

void Connection::send_retry(int milliseconds) {
  if (phase_ != Phase::Streaming) return;
  append_retry(stream_.out(), milliseconds, chunked_reply_);
  wrote();
}

void Connection::end_stream(StreamEnd why) {
  // A stream with an event left out must not look complete: it is cut.
  if (phase_ != Phase::Streaming || too_slow_) return;
  server_.probe().stream_closed(stream_tag_, why);
  if (chunked_reply_) stream_.out().append(kLastChunk);
  wrote();
  exchange_done();
}

/// Bytes were queued: they leave at the end of the turn, and an open stream's
/// silence begins anew.
void Connection::wrote() {
  stream_.touched();
  if (phase_ == Phase::Streaming) enter(Phase::Streaming);
}

void Connection::exchange_done() {
  exchange_ = {};
  watcher_.reset();
  if (close_after_) return enter(Phase::Lingering);
  enter(Phase::Idle);
  stream_.resume_reading();
  // Not here: whoever answers is in the middle of something, and the next request
  // may end what it holds. Called from within serve, the loop there goes on with it.
  if (!serving_ && !in_.empty()) server_.serve_later(*this);
}

void Connection::on_sent() {
  if (stream_.queued() == 0) {
    ListHook<StallTag>::unlink();
    if (phase_ == Phase::Lingering) finish_writing();
    if (phase_ == Phase::Leaving) {
      if (!departure_) enter(Phase::Idle);
      serve_buffered();
    }
    return;
  }
  stalled_since_ = server_.loop().now();
  server_.list_stalled(*this);
}

/// Closing at once would reset the connection under an answer that the client
/// has not read yet; so our side ends first and the client's is drained.
void Connection::finish_writing() {
  if (std::exchange(shut_, true)) return;
  stream_.shutdown_write();
}

// ── ends ─────────────────────────────────────────────────────────────────────

void Connection::on_end(io::Stream::End) {
  if (phase_ == Phase::Handshake) handshake_failed("client_left");
  close(RequestHandler::Gone::Client);
}

void Connection::on_phase_expired() {
  switch (phase_) {
    case Phase::Head:
    case Phase::Body: (void)refuse(408, "timeout"); return;
    case Phase::Streaming: return send_comment("ping");
    case Phase::Handshake: handshake_failed("timeout"); [[fallthrough]];
    case Phase::Idle:
    case Phase::Lingering:
    case Phase::Leaving:
    case Phase::Handling:
    case Phase::Closed: return close(RequestHandler::Gone::Client);
  }
}

void Connection::close_when_done() {
  close_after_ = true;
  // A request that waits to be served is answered first.
  auto const is_quiet = phase_ == Phase::Idle || phase_ == Phase::Handshake;
  if (is_quiet && !ListHook<ServeTag>::linked()) close(RequestHandler::Gone::Shutdown);
}

void Connection::expel() {
  close_after_ = true;
  if (phase_ < Phase::Handling) close(RequestHandler::Gone::Shutdown);
}

void Connection::close(RequestHandler::Gone why) {
  if (phase_ == Phase::Closed) return;
  if (phase_ == Phase::Streaming) server_.probe().stream_closed(stream_tag_, end_of(why));
  phase_ = Phase::Closed;
  watcher_.reset();
  auto const exchange = std::exchange(exchange_, ExchangeId{});
  server_.release(*this);  // buried: it lives until the end of the turn
  if (exchange != ExchangeId{}) server_.handler().on_gone(exchange, context_, why);
}

}  // namespace gateway::http
