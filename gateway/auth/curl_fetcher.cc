#include "gateway/auth/curl_fetcher.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "gateway/fetch/exchange.h"

namespace gateway::auth {

/// One question. It ends in a callback of its own, so it is buried.
class CurlFetcher::Fetch final : public Mortal, private fetch::Exchange::Listener {
 public:
  Fetch(CurlFetcher& fetcher, FetchRequest const& asked, Tell tell)
      : fetcher_(fetcher),
        tell_(std::move(tell)),
        url_(asked.url),
        exchange_(ask(fetcher.curl_, request_for(asked), *this)) {}

  void leave() { fetch::Exchange::leave(std::move(exchange_)); }
  void tell(Result<Fetched> answer) const { tell_(std::move(answer)); }

 private:
  static std::unique_ptr<fetch::Exchange> ask(fetch::CurlLoop& curl, fetch::Request request, Listener& listener) {
    return std::make_unique<fetch::Exchange>(curl, std::move(request), listener);
  }

  static fetch::Request request_for(FetchRequest const& asked) {
    fetch::Request request{
        .url = asked.url, .user = asked.user, .password = asked.password, .whole_timeout = milliseconds(kPatienceMs)};
    if (asked.form.empty()) return request;
    request.method = "POST";
    request.body = asked.form;
    return request;
  }

  void on_head(fetch::Exchange&, fetch::Head const& head) override { answer_.status = head.status; }

  void on_body(fetch::Exchange&, std::string_view bytes) override {
    if (answer_.body.size() + bytes.size() > kMostBytes)
      return fetcher_.finish(*this, Error{fmt::format("{} answered with more than {} KiB", url_, kMostBytes / 1024)});
    answer_.body.append(bytes);
  }

  void on_end(fetch::Exchange&, std::optional<fetch::Failure> const& failure) override {
    if (failure) return fetcher_.finish(*this, Error{fmt::format("{} cannot be reached: {}", url_, failure->what)});
    fetcher_.finish(*this, std::move(answer_));
  }

  CurlFetcher& fetcher_;
  Tell tell_;
  std::string url_;
  Fetched answer_;
  std::unique_ptr<fetch::Exchange> exchange_;
};

CurlFetcher::CurlFetcher(io::EventLoop& loop) : curl_(loop) {}

CurlFetcher::~CurlFetcher() = default;

void CurlFetcher::fetch(FetchRequest request, Tell tell) {
  auto fetch = std::make_unique<Fetch>(*this, request, std::move(tell));
  auto* const key = fetch.get();
  fetches_.emplace(key, std::move(fetch));
}

void CurlFetcher::finish(Fetch& fetch, Result<Fetched> answer) {
  auto const found = fetches_.find(&fetch);
  auto ended = std::move(found->second);
  fetches_.erase(found);
  ended->leave();
  auto& over = *ended;
  curl_.loop().bury(std::move(ended));
  over.tell(std::move(answer));
}

}  // namespace gateway::auth
