// How messages get to the remote server and back.
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/turn.h"
#include "gateway/remote/outgoing.h"
#include "gateway/remote/trouble.h"
#include "gateway/rpc/message.h"

namespace gateway::remote {

/// Whom a transport serves.
class Client {
 public:
  /// What the server sent, on one line.
  virtual void on_message(rpc::Message const& message, std::string_view raw) = 0;
  /// The server answered a message with that error, outside of the usual way.
  virtual void on_error(Outgoing const& message, std::string_view raw_error) = 0;
  /// Another session takes the place of the one there was: what the server has asked in it is not to be answered.
  virtual void on_session_lost() = 0;
  /// There will be no answer.
  virtual void on_failed(Outgoing const& message, Trouble const& trouble) = 0;

 protected:
  ~Client() = default;
};

/// Every request that is sent is answered by exactly one call of its client, unless it is cancelled.
class Transport : public Mortal {
 public:
  virtual void send(Outgoing message) = 0;
  /// Looks at what takes too long; several times a second.
  virtual void tick(TimePoint now) = 0;
  /// Whether anything that was sent is still on its way.
  [[nodiscard]] virtual bool is_busy() const = 0;
  /// Nothing more will be sent: says so to the server. Busy until that is done.
  virtual void finish() = 0;
};

/// What opened the session, to open another in its place.
struct Handshake {
  Outgoing initialize{};
  Outgoing initialized{};
  std::string version{};  ///< that the server chose; empty: there is no session

  [[nodiscard]] bool is_known() const { return !version.empty(); }
};

/// The version in the answer to `initialize`; empty when it is an error.
[[nodiscard]] std::string version_in(rpc::Message const& answer);

}  // namespace gateway::remote
