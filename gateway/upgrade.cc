#include "gateway/upgrade.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/passed_connection.h"

namespace gateway {

namespace {

/// How long a process that failed may take to end its children and itself.
constexpr Duration kEndPatience = seconds(10);

}  // namespace

Upgrade::Upgrade(io::EventLoop& loop, Owner& owner)
    : loop_(loop), owner_(owner), limit_(loop, [this] { too_late(); }) {}

Status Upgrade::begin(Terms terms, std::vector<Offered> listeners) {
  auto const give_up = [this](Error error) {
    state_ = State::Over;
    return error;
  };
  auto ends = io::ProcessChannel::pair();
  if (!ends) return give_up(ends.error());
  auto started = io::start_successor(terms.start, ends->second.get(), terms.env);
  if (!started) return give_up(started.error());
  process_ = *std::move(started);
  ends->second.reset();  // so that its end is seen
  process_watch_.emplace(loop_, process_.process.get(), io::Watch::For::Read, static_cast<io::Watch::Listener&>(*this));
  process_watch_->start();
  channel_.emplace(loop_, std::move(ends->first), static_cast<io::ProcessChannel::Handler&>(*this));
  works_now_ = std::move(terms.works_now);
  for (auto& [name, socket] : listeners) {
    io::ProcessChannel::Message message{.text = to_text(ListenerOffer{.name = name})};
    message.descriptors.push_back(std::move(socket));
    channel_->send(std::move(message));
  }
  say(terms.begin);
  limit_.set(terms.patience);
  return Done{};
}

void Upgrade::say(UpgradeMessage const& message) { channel_->send({.text = to_text(message)}); }

void Upgrade::pass(http::MovedConnection connection, std::string listener) {
  if (state_ != State::Served) return;
  if (auto message = pack(std::move(connection), std::move(listener))) channel_->send(*std::move(message));
}

/// What it has started may have its end of the channel still.
void Upgrade::on_ready(io::Watch::For) {
  process_watch_->stop();
  channel_->finish();
}

void Upgrade::abandon() {
  if (state_ == State::Late) io::signal_process(process_, SIGTERM);
  if (state_ == State::Starting || state_ == State::Asked) fail("it was called off");
}

void Upgrade::on_message(io::ProcessChannel::Message message) {
  auto read = read_upgrade_message(message.text);
  if (!read) return;
  if (auto* const starting = std::get_if<Starting>(&*read)) return heard(std::move(*starting));
  if (auto const* const failed = std::get_if<StartFailed>(&*read)) return fail(failed->why);
  if (std::holds_alternative<Serving>(*read) && (state_ == State::Asked || state_ == State::Late)) {
    state_ = State::Served;
    limit_.cancel();
    return owner_.on_next_serves();
  }
  if (state_ != State::Served) return;
  if (auto* const passed = std::get_if<PassedConnection>(&*read)) {
    auto const listener = passed->listener;
    if (auto connection = unpack(std::move(*passed), std::move(message)))
      owner_.on_passed(*std::move(connection), listener);
  }
  if (auto const* const keep = std::get_if<Keep>(&*read)) owner_.on_keep(*keep);
  if (std::holds_alternative<EndSessions>(*read)) owner_.on_end_sessions();
  if (std::holds_alternative<KnowsLeaving>(*read)) owner_.on_known_to_leave();
}

void Upgrade::heard(Starting part) {
  if (state_ != State::Starting) return;
  std::ranges::move(part.services, std::back_inserter(heard_.services));
  if (part.more) return;
  auto readiness = judge(works_now_, std::exchange(heard_, {}));
  switch (readiness.verdict) {
    case Readiness::Verdict::Ready: state_ = State::Asked; return say(Serve{});
    case Readiness::Verdict::NotYet: last_reason_ = std::move(readiness.why); return;
    case Readiness::Verdict::Never:
      return fail(fmt::format("what works now would not work any more: {}", readiness.why));
  }
}

void Upgrade::fail(std::string const& why) {
  if (state_ != State::Starting && state_ != State::Asked) return;
  state_ = State::Ending;
  say(Abandon{});
  io::signal_process(process_, SIGTERM);
  limit_.set(kEndPatience);
  owner_.on_upgrade_failed(why);
}

std::string Upgrade::why_late() const {
  return fmt::format("it was not ready in time{}{}", last_reason_.empty() ? "" : ": ", last_reason_);
}

/// Once it was asked to serve, it alone knows whether it does: as soon as it hears that it is late, it ends, or has said
/// before that it serves.
void Upgrade::too_late() {
  if (state_ == State::Ending || state_ == State::Late) return io::signal_process(process_, SIGKILL);
  if (state_ == State::Starting) return fail(why_late());
  state_ = State::Late;
  say(Abandon{});
  limit_.set(kEndPatience);
}

void Upgrade::on_closed() {
  auto const was = std::exchange(state_, State::Over);
  limit_.cancel();
  if (was == State::Late) owner_.on_upgrade_failed(why_late());
  if (was == State::Starting || was == State::Asked)
    owner_.on_upgrade_failed("the new program ended before it was ready; its log says why");
  if (was == State::Served) owner_.on_next_gone();
}

}  // namespace gateway
