// One MCP client of the load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/connection.h"
#include "bench/load/options.h"
#include "bench/load/tally.h"

namespace bench {

/// One client, from its connect to its close; in churn from its first life to its last. It sends
/// its next call when its last was answered. All sessions use the same ids, and each call carries a
/// text no other does, so that an answer in wrong hands is seen. Owned by the load, for the whole run.
class Session final : private Connection::Owner {
 public:
  /// `tls` has the settings of TLS; null for none.
  Session(Options const& options, Tally& tally, int epoll, ssl_ctx_st* tls, std::size_t number);

  void begin();
  /// Makes the call of a session that idles.
  void wake();
  /// For a slow one, from time to time.
  void read_a_little(std::vector<char>& block) { stream_.read_a_little(block); }

  /// Connected and initialized, or never to be.
  [[nodiscard]] bool has_begun() const { return step_ >= Step::Holding || lives_ > 0; }
  [[nodiscard]] bool is_lost() const { return step_ == Step::Lost; }
  /// It is lost, or has made the calls it was to make.
  [[nodiscard]] bool is_over() const { return step_ >= Step::Resting; }
  /// It waits for an answer since before that.
  [[nodiscard]] bool waits_since_before(Clock::time_point then) const {
    return step_ != Step::Holding && !is_over() && asked_ < then;
  }

 private:
  enum class Step { Opening, Initializing, Announcing, Holding, Calling, Leaving, Resting, Lost };

  void on_text(std::string_view event, std::string_view text) override;
  void on_comment() override { tally_.comment(); }
  void on_response_end(ReplyReader::Head const& head) override;
  void on_read() override;
  void on_lost() override;
  void lose();
  void take_session(std::string_view id);
  void take_endpoint(std::string_view reference);
  [[nodiscard]] std::uint8_t source() const { return static_cast<std::uint8_t>((number_ + lives_) % 16); }
  [[nodiscard]] bool is_slow() const { return number_ < options_.slow; }
  [[nodiscard]] bool has_my_id(std::string_view message) const;
  [[nodiscard]] bool is_answer(std::string_view message) const;

  void go_on();
  void initialize();
  void discover();
  void announce();
  void hold();
  void call();
  void call_big(std::size_t bytes);
  void call_echo();
  void leave();
  void begin_again();
  void rest();
  void close();
  void count_call();
  /// `params` is an object with members; `name` is what the tool is called, if it is a call.
  void ask(std::string_view method, std::string_view params, std::string_view name = {});
  void post(std::string_view method, std::string_view body, std::string_view more_fields = {});

  Options const& options_;
  Tally& tally_;
  std::size_t number_;
  std::size_t lives_ = 0;
  std::size_t calls_ = 0;  ///< answered, in all lives
  Step step_ = Step::Opening;
  bool waits_for_accept_ = false;  ///< for the response to its POST
  bool waits_for_answer_ = false;
  bool is_refused_ = false;
  std::uint64_t next_id_ = 1;
  std::string id_text_;
  std::string expected_;  ///< how the answer's text begins, and where that matters ends
  std::string path_;
  std::string server_session_;  ///< header lines
  Clock::time_point began_;
  Clock::time_point asked_;
  Clock::duration took_{};
  Connection stream_;
  Connection post_;
};

}  // namespace bench
