#include "gateway/auth/curl_fetcher.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <new>
#include <utility>

#include "gateway/base/turn.h"

namespace gateway::auth {

/// A descriptor that libcurl wants watched. It may be told to stop from its own callback, so it is buried.
class CurlFetcher::Socket final : public Mortal, private io::Watch::Listener {
 public:
  Socket(CurlFetcher& fetcher, int fd)
      : fetcher_(fetcher),
        fd_(fd),
        read_(fetcher.loop_, fd, io::Watch::For::Read, *this),
        write_(fetcher.loop_, fd, io::Watch::For::Write, *this) {}

  void watch(int what) {
    set(read_, what == CURL_POLL_IN || what == CURL_POLL_INOUT);
    set(write_, what == CURL_POLL_OUT || what == CURL_POLL_INOUT);
  }

 private:
  static void set(io::Watch& watch, bool wanted) { wanted ? watch.start() : watch.stop(); }
  void on_ready(io::Watch::For what) override {
    fetcher_.act(fd_, what == io::Watch::For::Read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  }

  CurlFetcher& fetcher_;
  int fd_;
  io::Watch read_;
  io::Watch write_;
};

struct CurlFetcher::Transfer {
  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  FetchRequest request;
  Tell tell;
  std::string body{};
  std::array<char, CURL_ERROR_SIZE> why{};
  std::unique_ptr<CURL, FreeEasy> easy{};
};

CurlFetcher::CurlFetcher(io::EventLoop& loop)
    : loop_(loop), multi_(nullptr), timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  // Counted by libcurl. Fetchers are made before there are threads.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlFetcher::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlFetcher::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlFetcher::~CurlFetcher() {
  for (auto const& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
  transfers_.clear();
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

void CurlFetcher::fetch(FetchRequest request, Tell tell) {
  auto transfer = std::make_unique<Transfer>(Transfer{.request = std::move(request), .tell = std::move(tell)});
  transfer->easy.reset(curl_easy_init());
  auto* const easy = transfer->easy.get();
  if (easy == nullptr) throw std::bad_alloc();
  auto const& asked = transfer->request;
  curl_easy_setopt(easy, CURLOPT_URL, asked.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kPatienceMs);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "mcp-gateway");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlFetcher::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  if (!asked.form.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, asked.form.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(asked.form.size()));
  }
  if (!asked.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, asked.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, asked.password.c_str());
  }
  transfers_.emplace(easy, std::move(transfer));
  curl_multi_add_handle(multi_, easy);  // sets the timer, which begins it
}

int CurlFetcher::on_socket(void*, int fd, int what, void* self, void*) {
  static_cast<CurlFetcher*>(self)->watch(fd, what);
  return 0;
}

int CurlFetcher::on_timer(void*, long ms, void* self) {
  auto& timer = static_cast<CurlFetcher*>(self)->timer_;
  if (ms < 0) {
    timer.cancel();
  } else {
    timer.set(std::chrono::milliseconds(ms));
  }
  return 0;
}

std::size_t CurlFetcher::on_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  auto& body = static_cast<Transfer*>(transfer)->body;
  auto const more = size * count;
  if (body.size() + more > kMostBytes) return CURL_WRITEFUNC_ERROR;
  body.append(bytes, more);
  return more;
}

void CurlFetcher::watch(int fd, int what) {
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

void CurlFetcher::act(int fd, int ready) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, ready, &running);
  take_finished();
}

void CurlFetcher::take_finished() {
  int left = 0;
  while (auto const* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto const code = message->data.result;
    auto const found = transfers_.find(message->easy_handle);
    if (found == transfers_.end()) continue;
    auto transfer = std::move(found->second);
    transfers_.erase(found);
    curl_multi_remove_handle(multi_, transfer->easy.get());
    finish(std::move(transfer), code);
  }
}

void CurlFetcher::finish(std::unique_ptr<Transfer> transfer, int code) {
  auto const& url = transfer->request.url;
  if (code == CURLE_WRITE_ERROR) {
    return transfer->tell(Error{fmt::format("{} answered with more than {} KiB", url, kMostBytes / 1024)});
  }
  if (code != CURLE_OK) {
    std::string_view const detail = transfer->why.data();
    return transfer->tell(Error{fmt::format(
        "{} cannot be reached: {}", url, detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(code)) : detail)});
  }
  long status = 0;
  curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer->tell(Fetched{.status = static_cast<int>(status), .body = std::move(transfer->body)});
}

}  // namespace gateway::auth
