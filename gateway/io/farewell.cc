#include "gateway/io/farewell.h"

#include <sys/socket.h>

namespace gateway::io {

namespace {

/// More than a peer sends before it is answered, and no more: it may not stop.
constexpr int kMaxReads = 16;

}  // namespace

void farewell(UniqueFd socket, std::string_view words) {
  ::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(socket.get(), SHUT_WR);
  char dropped[4096];
  for (int i = 0; i < kMaxReads; ++i) {
    if (::recv(socket.get(), dropped, sizeof dropped, MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace gateway::io
