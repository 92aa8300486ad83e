// One HTTP request to another server, and its answer as it comes.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/turn.h"
#include "gateway/fetch/curl_loop.h"

namespace gateway::fetch {

struct Request {
  std::string method = "GET";
  std::string url{};
  std::vector<std::string> fields{};  ///< `Name: value`
  std::string body{};                 ///< of a POST
  std::string user{};                 ///< HTTP Basic; empty for none
  std::string password{};
  std::string ca_file{};                        ///< authorities to trust besides the system's; empty for none
  milliseconds connect_timeout{10'000};         ///< name, connection and TLS
  std::optional<milliseconds> whole_timeout{};  ///< until the answer is whole
};

/// The beginning of an answer.
struct Head {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields{};

  /// The value of the first field of that name, whatever its case; empty without one.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

/// Why there is no whole answer.
struct Failure {
  enum class Kind { Name, Connect, Tls, Timeout, Cut, Other };
  Kind kind = Kind::Other;
  std::string what{};  ///< what was found, in words; the URL is not in it
  /// Whether all of the request was sent, so that the server may have carried it out.
  bool was_sent = false;
};

/// TLS certificates are verified; redirects are not followed; nothing is sent twice. Owned by whoever waits for the
/// answer, who ends it with `leave`.
class Exchange final : public Mortal, private CurlLoop::Transfer {
 public:
  class Listener {
   public:
    virtual void on_head(Exchange& exchange, Head const& head) = 0;
    virtual void on_body(Exchange& exchange, std::string_view bytes) = 0;
    /// The last that is told. Nothing is wrong where there is no failure.
    virtual void on_end(Exchange& exchange, std::optional<Failure> const& failure) = 0;

   protected:
    ~Listener() = default;
  };

  Exchange(CurlLoop& curl, Request request, Listener& listener);
  ~Exchange() override;
  Exchange(Exchange const&) = delete;
  Exchange& operator=(Exchange const&) = delete;

  /// Ends it, wherever it stands: its listener is told nothing more. May be called by that.
  static void leave(std::unique_ptr<Exchange> exchange);

  [[nodiscard]] Request const& request() const { return request_; }

 private:
  static std::size_t on_line(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* room, std::size_t size, std::size_t count, void* self);

  void describe();
  void describe_body();
  void take_line(std::string_view line);
  void on_progress() override;
  void on_finished(int code) override;
  [[nodiscard]] Failure failure_of(int code) const;

  CurlLoop& curl_;
  Request request_;
  Listener* listener_;  ///< null once it is left
  void* easy_;
  void* field_list_ = nullptr;
  Head head_;
  bool head_is_whole_ = false;
  bool head_is_told_ = false;
  std::string came_;          ///< of the body, and not told yet
  std::size_t uploaded_ = 0;  ///< of the request's body
  std::array<char, 256> why_{};
};

}  // namespace gateway::fetch
