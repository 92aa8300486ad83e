#include "gateway/takeover.h"

#include <sys/socket.h>

#include <utility>

#include "gateway/base/clock.h"
#include "gateway/passed_connection.h"

namespace gateway {

namespace {

/// The former process has sent all of it before this one runs.
constexpr Duration kInheritancePatience = seconds(10);

}  // namespace

Result<Inheritance> receive_inheritance(io::UniqueFd channel) {
  Inheritance inheritance{.channel = std::move(channel)};
  while (auto message = io::ProcessChannel::receive(inheritance.channel.get(), kInheritancePatience)) {
    auto const read = read_upgrade_message(message->text);
    if (!read) continue;
    if (auto const* const begin = std::get_if<Begin>(&*read)) {
      inheritance.begin = *begin;
      return inheritance;
    }
    auto const* const offer = std::get_if<ListenerOffer>(&*read);
    if (offer != nullptr && !message->descriptors.empty())
      inheritance.listeners.push_back({offer->name, std::move(message->descriptors.front())});
  }
  return Error{"the process that started this one to replace it is gone, or does not say what it has"};
}

void decline(io::UniqueFd const& channel, std::string why) {
  constexpr std::size_t kMost = 8 * 1024;  // a message has room for it, whatever its characters
  while (why.ends_with('\n')) why.pop_back();
  if (why.size() > kMost) why.replace(kMost, why.npos, "... and more");
  auto const text = to_text(StartFailed{.why = std::move(why)});
  (void)::send(channel.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Takeover::Takeover(io::EventLoop& loop, io::UniqueFd channel, Owner& owner)
    : owner_(owner), channel_(loop, std::move(channel), *this) {}

void Takeover::say(UpgradeMessage const& message) { channel_.send({.text = to_text(message)}); }

void Takeover::tell(Starting const& starting) {
  for (auto const& part : parts_of(starting)) say(part);
}

void Takeover::tell_serving() { say(Serving{}); }

void Takeover::tell_knows() { say(KnowsLeaving{}); }

void Takeover::tell_keep(Keep const& keep) { say(keep); }

void Takeover::tell_end_sessions() { say(EndSessions{}); }

void Takeover::pass(http::MovedConnection connection, std::string listener) {
  if (auto message = pack(std::move(connection), std::move(listener))) channel_.send(*std::move(message));
}

void Takeover::on_message(io::ProcessChannel::Message message) {
  auto read = read_upgrade_message(message.text);
  if (!read) return;
  if (std::holds_alternative<Serve>(*read) && state_ == State::Waiting) {
    state_ = State::Serving;
    return owner_.on_told_to_serve();
  }
  if (std::holds_alternative<Abandon>(*read) && state_ == State::Waiting) {
    abandoned_ = true;
    return owner_.on_abandoned();
  }
  if (std::holds_alternative<Leaving>(*read)) return owner_.on_former_leaves();
  if (auto* const passed = std::get_if<PassedConnection>(&*read)) {
    auto const listener = passed->listener;
    if (auto connection = unpack(std::move(*passed), std::move(message)))
      owner_.on_passed(*std::move(connection), listener);
  }
}

/// Without a word before: it was killed. Whoever has its sockets serves.
void Takeover::on_closed() {
  auto const was = std::exchange(state_, State::Over);
  if (was == State::Waiting && !abandoned_) owner_.on_told_to_serve();
  if (was == State::Serving) owner_.on_former_gone();
}

}  // namespace gateway
