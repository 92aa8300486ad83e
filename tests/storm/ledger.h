// What a storm has asked for and been told: who may hear what, and how often.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::storm {

/// A rule was broken. What it says is for whoever repairs it.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a client of the stateless revision listens for.
struct Listening {
  std::set<std::string> wanted;  ///< methods and URIs: asked for, and once it is acknowledged, honoured
  bool acknowledged = false;
  bool over = false;           ///< nothing comes after its result, or an error
  std::set<std::string> news;  ///< of `wanted`, what was heard since somebody cleared it
};

/// One session as its client knows it. A POST without a session is one of its own.
struct Session {
  std::size_t key = 0;  ///< its place in the ledger; stamped on what its client says
  std::size_t service = 0;
  bool sse = false;
  std::string principal;  ///< the token it shows; empty without authentication
  std::string owner;      ///< of affinity
  std::string revision;
  std::string token;           ///< once it was told
  bool has_own_child = false;  ///< which may tell it anything
  // What was said may be read much later: it waits behind a stream, or was cut.
  bool deleted = false;              ///< somebody said so
  bool resumes = false;              ///< a stream may have gone on at another connection
  std::set<std::string> taken_back;  ///< ids its client cancelled
  bool one_shot = false;
  std::set<std::string> subscribed;           ///< ever
  std::map<std::string, std::string> events;  ///< heard, by event id: one that is replayed is heard once
  std::map<std::string, int> owed;            ///< answers at most, by raw id
  std::string circle;                         ///< shares a child with others of it alone; empty: with everybody

  // Of a client of the stateless revision, where a session is one request:
  bool stateless = false;
  std::uint64_t request = 0;     ///< its number
  std::set<std::string> offers;  ///< methods its client may be asked; "url" for such an elicitation
  std::string log_level;         ///< empty: it wants no log
  std::optional<Listening> listening;
};

/// One request with an id. Its number is on all that is said about it.
struct Asked {
  std::uint64_t number = 0;
  std::size_t session = 0;
  std::string id;        ///< raw
  std::string progress;  ///< raw token; empty for none
  int answers = 0;
  std::uint64_t call = 0;         ///< the number of the first of the requests that are one call
  std::size_t retries = 0;        ///< of the call, which has this number
  std::size_t executed = 0;       ///< so many children with sessions were given it
  bool reaches_nobody = false;    ///< what it shows is not valid
  TimePoint good_until;           ///< so long what it shows cannot be out of date
  std::optional<TimePoint> left;  ///< when its client went away without an answer
};

/// How often something happened: a storm in which nothing did shows nothing.
struct Seen {
  std::size_t stateless = 0;  ///< answers of children to stateless clients
  std::size_t questions = 0;  ///< that reached such clients
  std::size_t taken_up = 0;   ///< calls of theirs answered after a question
  std::size_t refused = 0;    ///< requests with another's requestState, or none that is valid
  std::size_t cancelled = 0;  ///< calls whose clients had disconnected
  std::size_t news = 0;       ///< events of what they listened for
  std::size_t logs = 0;       ///< log messages they were sent
  void add(Seen const& more);
};

class Ledger {
 public:
  /// Whether the story is told on stderr, for whoever looks for a fault.
  enum class Telling { Silent, Aloud };
  explicit Ledger(Telling telling) : telling_(telling) {}

  void tell(std::string_view who, std::size_t which, std::string_view what) const;

  Session& open(std::size_t service) {
    auto& session = sessions_.emplace_back();
    session.key = sessions_.size() - 1;
    session.service = service;
    return session;
  }
  Asked& ask(std::size_t session, std::string id) {
    auto& asked = asked_.emplace_back();
    asked.number = asked_.size() - 1;
    asked.call = asked.number;
    asked.session = session;
    asked.id = std::move(id);
    ++sessions_[session].owed[asked.id];
    return asked;
  }

  /// Whether an answer to it must come.
  [[nodiscard]] bool is_owed(Asked const& asked) const {
    auto const& session = sessions_[asked.session];
    return !session.deleted && session.taken_back.count(asked.id) == 0;
  }

  [[nodiscard]] std::deque<Session>& sessions() { return sessions_; }
  [[nodiscard]] std::deque<Asked>& asked() { return asked_; }

  /// What came to a client.
  struct Heard {
    std::size_t session = 0;
    std::string_view message;            ///< an answer, a notification or a question
    std::string event_id{};              ///< of its event; empty where it had none
    std::vector<std::uint64_t> asked{};  ///< what it can answer; empty: anything of the session
  };
  void heard(Heard const& heard);
  /// A child was given a request, by its nonce.
  void reached_child(std::uint64_t number, bool child_has_sessions);
  /// Whether what concerns a call is for a session.
  [[nodiscard]] bool concerns(std::size_t session, std::uint64_t call) const;
  /// A POST was refused whole: what it asked will not be answered.
  void refused(std::vector<std::uint64_t> const& asked) {
    for (auto const number : asked) ++asked_[number].answers;
  }

  [[nodiscard]] Seen& seen() { return seen_; }

 private:
  void heard_answer(Heard const& heard);
  void heard_own_answer(Heard const& heard, std::string const& id);
  void heard_note(std::size_t session, std::string_view message);
  // in ledger_stateless.cc
  void heard_input_required(Session const& session, std::string_view message);
  void heard_stateless_answer(Session const& session, std::string_view message);
  void heard_stateless_note(Session const& session, std::string_view message);
  void heard_listened(Session& session, std::string_view message);

  // Deques: what was given out stays where it is.
  Telling const telling_;
  std::deque<Session> sessions_;
  std::deque<Asked> asked_;
  Seen seen_;
};

/// Whether the children of the service speak the revision without sessions.
[[nodiscard]] inline bool speaks_stateless(std::string_view service) { return service.starts_with("new"); }
/// The number behind `key` in a text, as in `"nonce":17`; nothing when it is not there.
[[nodiscard]] std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key);
/// The raw value of the first `"id":` of a text: a number or a string.
[[nodiscard]] std::string raw_id(std::string_view text);

}  // namespace gateway::storm
