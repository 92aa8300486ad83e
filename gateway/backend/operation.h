// What an operator may ask of one service, and what came of it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <variant>

namespace gateway::backend {

/// Another run of its children at once. What they owe is answered first or fails.
struct Restart {
  pid_t only = 0;  ///< of this child alone; 0 is all
};

/// New children beside those there are, as if its configuration had changed: no call fails.
struct Renew {};

/// No new sessions while `on`, and no new requests of clients that have none; what is open goes on.
struct Drain {
  bool on = true;
};

/// The tools as its child describes them.
struct ListTools {};

/// One call of the gateway's own, on the way and within the time of a client's.
struct CallTool {
  std::string tool;
  std::string arguments;  ///< a raw JSON object, validated
};

/// Closes its circuit breakers, so that calls are let through again.
struct ResetCircuits {};

using Operation = std::variant<Restart, Renew, Drain, ListTools, CallTool, ResetCircuits>;

struct OperationEnd {
  enum class Verdict {
    Done,         ///< `text` is raw JSON
    NotPossible,  ///< of this service, whenever it is asked; `text` is a sentence
    NotNow,       ///< perhaps later; `text` is a sentence
  };
  Verdict verdict = Verdict::Done;
  std::string text;
};

/// Called once, on the thread of the service's loop; never when the program ends first.
using TellEnd = std::function<void(OperationEnd)>;

}  // namespace gateway::backend
