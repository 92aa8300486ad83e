// Who is subscribed to which resource of a shared child.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/mcp/call_table.h"

namespace gateway::mcp {

/// A session whose subscribe request waits for the child's answer.
struct Subscriber {
  SessionId session{};
  ParkedId call{};         ///< the request; 0 for one that listens
  bool withdrawn = false;  ///< it unsubscribed in the meantime: answered, but not subscribed
};

/// One subscription a URI at the child, however many sessions share it. URIs are
/// the raw tokens clients sent, compared byte for byte. Pure: it says what the
/// child must be told, its owner tells it.
class Subscriptions {
 public:
  enum class Need {
    AskChild,  ///< send the subscribe; its answer goes to `settle`
    Wait,      ///< one is under way: answered with it
    Nothing,   ///< already subscribed: answer at once
  };
  Need subscribe(std::string_view uri, Subscriber subscriber);

  /// How asking the child ended.
  enum class Verdict {
    Accepted,
    Refused,   ///< or it could not be asked
    RunEnded,  ///< before it answered: its next run is asked again for those who are subscribed
  };
  /// The child answered. Gives those who wait; on success they are subscribed.
  /// `abandoned` is true when it succeeded for nobody: unsubscribe again. `lost` are
  /// those who were subscribed and are not any more: a new run has refused it.
  struct Settled {
    std::vector<Subscriber> waiting;
    bool abandoned = false;
    std::vector<SessionId> lost{};
  };
  Settled settle(std::string_view uri, Verdict verdict);

  /// True when that was the last one, and the child is to be told.
  [[nodiscard]] bool unsubscribe(std::string_view uri, SessionId session);

  /// The URIs a session is subscribed to.
  [[nodiscard]] std::vector<std::string> held_by(SessionId session) const;
  /// Subscribes a session that was subscribed at another child. True when the child
  /// is to be asked; its answer goes to `settle`.
  [[nodiscard]] bool adopt(std::string_view uri, SessionId session);

  /// The session ended. Gives the URIs nobody holds any more.
  [[nodiscard]] std::vector<std::string> leave(SessionId session);

  /// The sessions to tell of a change of `uri`: its subscribers, or those of the
  /// longest subscribed resource it lies below.
  [[nodiscard]] std::vector<SessionId> subscribers(std::string_view uri) const;

  /// All that a new run of the child must be told.
  [[nodiscard]] std::vector<std::string> uris() const;

 private:
  struct Entry {
    bool active = false;  ///< the child has accepted it
    std::vector<SessionId> sessions;
    std::vector<Subscriber> waiting;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  /// Those that have subscribed to anything, until they leave: nearly all leave without, and cost nothing then.
  std::unordered_set<SessionId> sessions_;
};

}  // namespace gateway::mcp
