#include "gateway/io/signals.h"

#include <event2/event.h>
#include <signal.h>

#include <new>

namespace gateway::io {

Signals::Signals(EventLoop& loop, Handler& handler)
    : handler_(handler),
      term_(watch(loop, SIGTERM)),
      interrupt_(watch(loop, SIGINT)),
      hangup_(watch(loop, SIGHUP)),
      user1_(watch(loop, SIGUSR1)),
      user2_(watch(loop, SIGUSR2)) {
  for (auto const ignored : {SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
}

Signals::Event Signals::watch(EventLoop& loop, int signal) {
  ::signal(signal, SIG_IGN);  // what libevent restores when the event is freed
  Event watched(event_new(loop.base(), signal, EV_SIGNAL | EV_PERSIST, &Signals::call, this));
  if (!watched || event_add(watched.get(), nullptr) != 0) throw std::bad_alloc();
  return watched;
}

void Signals::call(int signal, short, void* self) {
  auto& handler = static_cast<Signals*>(self)->handler_;
  if (signal == SIGHUP)
    handler.on_reload();
  else if (signal == SIGUSR1)
    handler.on_reopen();
  else if (signal == SIGUSR2)
    handler.on_upgrade();
  else
    handler.on_terminate();
}

}  // namespace gateway::io
