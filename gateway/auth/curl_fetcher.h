// A Fetcher that is libcurl, on the event loop.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "gateway/auth/fetcher.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/watch.h"

namespace gateway::auth {

/// libcurl's multi interface: it says which descriptors to watch and when to wake it. Names are looked up by its own
/// threads, so the loop never waits. TLS certificates are verified; redirects are not followed; an answer that is too
/// large or takes too long is an error.
class CurlFetcher final : public Fetcher {
 public:
  static constexpr std::size_t kMostBytes = 256 * 1024;
  static constexpr long kPatienceMs = 10'000;

  explicit CurlFetcher(io::EventLoop& loop);
  ~CurlFetcher();
  CurlFetcher(CurlFetcher const&) = delete;
  CurlFetcher& operator=(CurlFetcher const&) = delete;

  void fetch(FetchRequest request, Tell tell) override;

 private:
  class Socket;
  struct Transfer;

  static int on_socket(void* easy, int fd, int what, void* self, void* socket);
  static int on_timer(void* multi, long ms, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* transfer);

  void watch(int fd, int what);
  void act(int fd, int ready);
  void take_finished();
  void finish(std::unique_ptr<Transfer> transfer, int code);

  io::EventLoop& loop_;
  void* multi_;
  io::Timer timer_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::map<void*, std::unique_ptr<Transfer>> transfers_;  ///< by their easy handle
};

}  // namespace gateway::auth
