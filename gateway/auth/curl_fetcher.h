// A Fetcher that is libcurl, on the event loop.
#pragma once

#include <cstddef>
#include <map>
#include <memory>

#include "gateway/auth/fetcher.h"
#include "gateway/fetch/curl_loop.h"
#include "gateway/io/event_loop.h"

namespace gateway::auth {

/// The loop never waits. TLS certificates are verified; redirects are not followed; an answer that is too large or takes
/// too long is an error.
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
  class Fetch;
  void finish(Fetch& fetch, Result<Fetched> answer);

  fetch::CurlLoop curl_;
  std::map<Fetch*, std::unique_ptr<Fetch>> fetches_;
};

}  // namespace gateway::auth
