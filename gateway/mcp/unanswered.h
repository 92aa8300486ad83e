// Whose calls a child was given and did not answer.
#pragma once

#include "gateway/base/ids.h"

namespace gateway::mcp {

/// The sessions of calls that left the call table without an answer. Takes a constant
/// amount of memory: it knows one session, or that there are several.
class Unanswered {
 public:
  void add(SessionId session) {
    if (session_ == SessionId{}) session_ = session;
    several_ |= session_ != session;
  }
  /// Whether there is none of another session.
  [[nodiscard]] bool only_of(SessionId session) const {
    return session_ == SessionId{} || (!several_ && session_ == session);
  }

 private:
  SessionId session_{};
  bool several_ = false;
};

}  // namespace gateway::mcp
