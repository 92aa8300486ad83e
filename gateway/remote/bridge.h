// A remote server for the client at stdin and stdout.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "gateway/io/event_loop.h"
#include "gateway/io/signals.h"
#include "gateway/log/log.h"
#include "gateway/remote/legacy_sse.h"
#include "gateway/remote/server.h"
#include "gateway/remote/stdio.h"
#include "gateway/remote/streamable.h"
#include "gateway/remote/transport.h"

namespace gateway::remote {

/// Passes messages on as they are, by the transport that the server understands. Knows which requests the client still
/// waits for: each of them gets exactly one answer. It ends when stdin does or a signal says so, once what is owed was
/// answered or has taken too long.
class Bridge final : private Client, private Streamable::Owner, private Stdio::Listener, private io::Signals::Handler {
 public:
  Bridge(io::EventLoop& loop, fetch::CurlLoop& curl, Settings settings, log::Log& log);
  ~Bridge();
  Bridge(Bridge const&) = delete;
  Bridge& operator=(Bridge const&) = delete;

  /// Runs the loop until it has ended.
  void run() { loop_.run(); }

 private:
  enum class State {
    Running,
    Ending,    ///< nothing more is read; what is owed may still be answered
    Closing,   ///< the server is told
    Flushing,  ///< the client reads the rest
  };

  void on_message(rpc::Message const& message, std::string_view raw) override;
  void on_session_lost() override;
  void on_error(Outgoing const& message, std::string_view raw_error) override;
  void on_failed(Outgoing const& message, Trouble const& trouble) override;
  void on_not_streamable(Trouble trouble, std::deque<Outgoing> unsent) override;
  void on_line(rpc::LineFramer::Line const& line) override;
  void on_input_end() override;
  void on_output_broken() override;
  void on_full(bool is_full) override;
  void on_terminate() override;
  void on_reload() override { on_terminate(); }
  void on_reopen() override {}
  void on_upgrade() override {}

  void take(std::string_view text);
  void send(Outgoing message);
  void begin_with_post();
  void end(Duration patience);
  void tick();
  void give_up();
  [[nodiscard]] bool is_owed() const;
  void lost(Outgoing const& message, std::string_view why);

  io::EventLoop& loop_;
  fetch::CurlLoop& curl_;
  log::Log& log_;
  Server server_;
  std::map<std::string, Outgoing, std::less<>> owed_;  ///< requests of the client by raw id, without their text
  std::set<std::string, std::less<>> asked_;           ///< raw ids of what the server waits for
  std::unique_ptr<Transport> transport_;
  LegacySse* fallback_ = nullptr;  ///< the transport, while POST may be tried again should it fail
  Stdio stdio_;
  io::Signals signals_;
  io::Timer ticking_;
  State state_ = State::Running;
  TimePoint deadline_{};
};

}  // namespace gateway::remote
