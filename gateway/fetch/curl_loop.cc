#include "gateway/fetch/curl_loop.h"

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <utility>

#include "gateway/base/turn.h"

namespace gateway::fetch {

namespace {

/// Servers close connections that nobody used for five seconds (Node, uvicorn). One that is closed just when it is used
/// again leaves open whether the request was carried out, so older ones are not used.
constexpr long kMostIdleSeconds = 4;

}  // namespace

/// A descriptor that libcurl wants watched. It may be told to stop from its own callback, so it is buried.
class CurlLoop::Socket final : public Mortal, private io::Watch::Listener {
 public:
  Socket(CurlLoop& curl, int fd)
      : curl_(curl),
        fd_(fd),
        read_(curl.loop_, fd, io::Watch::For::Read, *this),
        write_(curl.loop_, fd, io::Watch::For::Write, *this) {}

  void watch(int what) {
    set(read_, what == CURL_POLL_IN || what == CURL_POLL_INOUT);
    set(write_, what == CURL_POLL_OUT || what == CURL_POLL_INOUT);
  }

 private:
  static void set(io::Watch& watch, bool wanted) { wanted ? watch.start() : watch.stop(); }
  void on_ready(io::Watch::For what) override {
    curl_.act(fd_, what == io::Watch::For::Read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  }

  CurlLoop& curl_;
  int fd_;
  io::Watch read_;
  io::Watch write_;
};

CurlLoop::CurlLoop(io::EventLoop& loop)
    : loop_(loop), multi_(nullptr), timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  // Counted by libcurl. The first is made before there are threads.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() {
  for (auto const& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

void CurlLoop::add(void* easy, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // an end does not wait for threads that look up names
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMostIdleSeconds);
  transfers_.emplace(easy, &transfer);
  curl_multi_add_handle(multi_, easy);  // sets the timer, which begins it
}

void CurlLoop::remove(void* easy) {
  if (transfers_.erase(easy) == 0) return;
  std::erase(touched_, easy);
  std::erase(paused_, easy);
  curl_multi_remove_handle(multi_, easy);
}

bool CurlLoop::takes(void* easy) {
  if (holds_back_) paused_.push_back(easy);
  return !holds_back_;
}

void CurlLoop::hold_back(bool wanted) {
  holds_back_ = wanted;
  if (wanted) return;
  for (auto* const easy : std::exchange(paused_, {}))
    if (transfers_.contains(easy)) curl_easy_pause(easy, CURLPAUSE_CONT);  // sets the timer
}

int CurlLoop::on_socket(void*, int fd, int what, void* self, void*) {
  static_cast<CurlLoop*>(self)->watch(fd, what);
  return 0;
}

int CurlLoop::on_timer(void*, long ms, void* self) {
  auto& timer = static_cast<CurlLoop*>(self)->timer_;
  if (ms < 0) {
    timer.cancel();
  } else {
    timer.set(std::chrono::milliseconds(ms));
  }
  return 0;
}

void CurlLoop::watch(int fd, int what) {
  auto const found = sockets_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (found == sockets_.end()) return;
    found->second->watch(CURL_POLL_NONE);  // libcurl closes the descriptor before the turn ends
    loop_.bury(std::move(found->second));
    sockets_.erase(found);
    return;
  }
  auto& socket = found == sockets_.end() ? sockets_[fd] : found->second;
  if (!socket) socket = std::make_unique<Socket>(*this, fd);
  socket->watch(what);
}

void CurlLoop::act(int fd, int ready) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, ready, &running);
  tell_progress();
  tell_finished();
}

void CurlLoop::tell_progress() {
  while (!touched_.empty()) {
    auto* const easy = touched_.back();
    std::erase(touched_, easy);
    auto const found = transfers_.find(easy);
    if (found != transfers_.end()) found->second->on_progress();
  }
}

void CurlLoop::tell_finished() {
  int left = 0;
  while (auto const* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto* const easy = message->easy_handle;
    auto const code = message->data.result;
    auto const found = transfers_.find(easy);
    if (found == transfers_.end()) continue;
    auto& transfer = *found->second;
    remove(easy);
    transfer.on_finished(code);
  }
}

}  // namespace gateway::fetch
