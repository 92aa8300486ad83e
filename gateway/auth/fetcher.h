// Asking other servers, without waiting for them.
#pragma once

#include <functional>
#include <string>

#include "gateway/base/result.h"

namespace gateway::auth {

/// A GET, or a POST of a form.
struct FetchRequest {
  std::string url{};
  std::string form{};  ///< the body of a POST; empty for a GET
  std::string user{};  ///< HTTP Basic; empty for none
  std::string password{};
};

struct Fetched {
  int status = 0;
  std::string body{};
};

class Fetcher {
 public:
  /// Why there is no answer, as a sentence, or the answer.
  using Tell = std::function<void(Result<Fetched> answer)>;

  /// Calls `tell` once, after this has returned; never once the fetcher is destroyed.
  virtual void fetch(FetchRequest request, Tell tell) = 0;

 protected:
  ~Fetcher() = default;
};

}  // namespace gateway::auth
