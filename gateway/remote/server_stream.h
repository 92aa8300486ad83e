// The stream of what a server of Streamable HTTP says on its own.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "gateway/io/watch.h"
#include "gateway/remote/event_reader.h"
#include "gateway/remote/retry.h"
#include "gateway/remote/server.h"
#include "gateway/rpc/message.h"

namespace gateway::remote {

/// Asked for once a session is open, and again whenever it ends, from where it ended. A server need not offer it, which 405
/// says, and 404 too, as long as it has never offered it to the session.
/// Owned by the transport.
class ServerStream final : private fetch::Exchange::Listener {
 public:
  class Owner {
   public:
    virtual void on_server_message(rpc::Message const& message, std::string_view raw) = 0;
    /// The server does not know the session; the stream is closed.
    virtual void on_stream_session_gone() = 0;

   protected:
    ~Owner() = default;
  };

  ServerStream(Server& server, Owner& owner);
  ~ServerStream();
  ServerStream(ServerStream const&) = delete;
  ServerStream& operator=(ServerStream const&) = delete;

  /// Of the session with these fields, from its beginning.
  void open(Server::Fields session_fields);
  void close();

 private:
  void on_head(fetch::Exchange& exchange, fetch::Head const& head) override;
  void on_body(fetch::Exchange& exchange, std::string_view bytes) override;
  void on_end(fetch::Exchange& exchange, std::optional<fetch::Failure> const& failure) override;
  void ask();
  void ask_later();

  Server& server_;
  Owner& owner_;
  Server::Fields fields_;
  EventReader events_;
  Retry retry_{0};
  io::Timer again_;
  bool was_stream_ = false;  ///< the server has offered it to this session
  TimePoint begun_;          ///< the stream that is open
  std::unique_ptr<fetch::Exchange> exchange_;
};

}  // namespace gateway::remote
