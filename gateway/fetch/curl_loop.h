// libcurl's multi interface on the event loop.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "gateway/io/event_loop.h"
#include "gateway/io/watch.h"

namespace gateway::fetch {

/// It says which descriptors to watch and when to wake it. Names are looked up by its own threads, so the loop never
/// waits. What its transfers are told, they are told after libcurl has returned: they may begin and end others then.
/// Outlives its transfers, and the loop outlives it.
class CurlLoop {
 public:
  class Transfer {
   public:
    /// Something came since the last time.
    virtual void on_progress() = 0;
    /// It is over, and libcurl knows it no more. `code` is a CURLcode.
    virtual void on_finished(int code) = 0;

   protected:
    ~Transfer() = default;
  };

  explicit CurlLoop(io::EventLoop& loop);
  ~CurlLoop();
  CurlLoop(CurlLoop const&) = delete;
  CurlLoop& operator=(CurlLoop const&) = delete;

  /// Begins what `easy` describes, after this has returned.
  void add(void* easy, Transfer& transfer);
  /// Ends it, and it is told nothing more. Not from a callback of libcurl.
  void remove(void* easy);

  /// For callbacks of libcurl: something came.
  void touch(void* easy) { touched_.push_back(easy); }
  /// For callbacks of libcurl: whether bytes are taken now. If not, the transfer pauses until they are.
  [[nodiscard]] bool takes(void* easy);
  /// Bytes are not taken for a while, so that memory does not fill with what nobody reads.
  void hold_back(bool wanted);

  [[nodiscard]] io::EventLoop& loop() { return loop_; }

 private:
  class Socket;

  static int on_socket(void* easy, int fd, int what, void* self, void* socket);
  static int on_timer(void* multi, long ms, void* self);
  void watch(int fd, int what);
  void act(int fd, int ready);
  void tell_progress();
  void tell_finished();

  io::EventLoop& loop_;
  void* multi_;
  io::Timer timer_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::map<void*, Transfer*> transfers_;  ///< by their easy handle
  std::vector<void*> touched_;
  std::vector<void*> paused_;
  bool holds_back_ = false;
};

}  // namespace gateway::fetch
