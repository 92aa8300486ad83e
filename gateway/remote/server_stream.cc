#include "gateway/remote/server_stream.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/remote/answer.h"

namespace gateway::remote {

namespace {

/// A stream that was open as long as this has not failed: its end was a proxy's, or the server's, for being idle.
constexpr seconds kLong{5};

}  // namespace

ServerStream::ServerStream(Server& server, Owner& owner)
    : server_(server),
      owner_(owner),
      events_(server.settings().max_message),
      again_(server.loop(), [this] { ask(); }) {}

ServerStream::~ServerStream() { fetch::Exchange::leave(std::move(exchange_)); }

void ServerStream::open(Server::Fields session_fields) {
  close();
  fields_ = std::move(session_fields);
  events_ = EventReader(server_.settings().max_message);
  retry_.succeeded();
  was_stream_ = false;
  ask();
}

void ServerStream::close() {
  again_.cancel();
  fetch::Exchange::leave(std::move(exchange_));
}

void ServerStream::ask() {
  auto fields = fields_;
  if (!events_.last_id().empty()) fields.push_back(fmt::format("Last-Event-ID: {}", events_.last_id()));
  begun_ = {};
  exchange_ = server_.listen(std::nullopt, fields, *this);
}

void ServerStream::ask_later() {
  fetch::Exchange::leave(std::move(exchange_));
  again_.set(*retry_.next(events_.retry()));
}

void ServerStream::on_head(fetch::Exchange&, fetch::Head const& head) {
  if (head.status == 200 && form_of(head.find("content-type")) == BodyForm::Events) {
    was_stream_ = true;
    begun_ = server_.loop().now();
    return events_.restart();
  }
  if (head.status == 404 && was_stream_) {
    close();
    return owner_.on_stream_session_gone();
  }
  if (head.status >= 500 || head.status == 429 || head.status == 409) return ask_later();
  close();  // 405 says that there is none; the others will not change either
}

void ServerStream::on_body(fetch::Exchange&, std::string_view bytes) {
  auto const* const reading = exchange_.get();
  while (auto const event = events_.next(bytes)) {
    if (event->name != "message") continue;
    auto const line = on_one_line(event->data);
    auto const message = read_server_message(line);
    if (!message) continue;
    retry_.succeeded();
    owner_.on_server_message(*message, line);
    if (exchange_.get() != reading) return;
  }
  if (events_.too_large()) close();
}

void ServerStream::on_end(fetch::Exchange&, std::optional<fetch::Failure> const&) {
  if (begun_ != TimePoint{} && server_.loop().now() - begun_ > kLong) retry_.succeeded();
  begun_ = {};
  ask_later();
}

}  // namespace gateway::remote
