// The POSTs of a server of 2024-11-05: they are taken or refused, and what they ask is answered on its event stream.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/remote/outgoing.h"
#include "gateway/remote/server.h"
#include "gateway/remote/trouble.h"

namespace gateway::remote {

/// Owned by the transport.
class EventPosts final {
 public:
  struct Result {
    bool taken = false;
    bool session_gone = false;  ///< it carried nothing out
    Trouble trouble{};
  };
  class Owner {
   public:
    /// Once for each message.
    virtual void on_posted(Outgoing message, Result result) = 0;

   protected:
    ~Owner() = default;
  };

  EventPosts(Server& server, Owner& owner);
  ~EventPosts();
  EventPosts(EventPosts const&) = delete;
  EventPosts& operator=(EventPosts const&) = delete;

  void post(fetch::WebAddress const& address, Outgoing message);
  /// Ends all, and nothing is told of them.
  void leave_all();
  [[nodiscard]] bool empty() const { return posts_.empty(); }

 private:
  class One;
  void finish(One& one, Result result);

  Server& server_;
  Owner& owner_;
  std::map<One*, std::unique_ptr<One>> posts_;
};

}  // namespace gateway::remote
