// What clients of the stateless revision ask, and how they come back when they are asked something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/test_gateway.h"
#include "tests/storm/choices.h"
#include "tests/storm/ledger.h"

namespace gateway::storm {

/// Who may share a child of the service with the session; empty: everybody.
[[nodiscard]] std::string circle_of(config::ServiceConfig const& service, Session const& session);

class StatelessCalls {
 public:
  StatelessCalls(harness::TestGateway& gateway, Choices& choices, Ledger& ledger)
      : gateway_(gateway), choices_(choices), ledger_(ledger) {}

  struct Request {
    std::uint64_t number = 0;  ///< the ledger's
    std::string text;          ///< of HTTP
  };
  /// A call, a request to listen, or one that comes back. `session` is new, and becomes its own.
  [[nodiscard]] Request next(Session& session);
  /// What its client was answered.
  void heard(Session const& session, std::string_view message);

 private:
  struct Question {
    std::string key;
    std::string method;
  };
  /// A call whose client was asked something.
  struct Trip {
    std::uint64_t call = 0;
    std::string method;
    std::string name;    ///< for the header that repeats it
    std::string params;  ///< raw members, without what a retry adds
    std::string state;   ///< raw
    std::vector<Question> questions;
    std::string old_state;  ///< of a round before, raw; empty for none
    /// The request that has shown its state first, and could be taken up.
    std::optional<std::uint64_t> shown_by;
    TimePoint good_until;
  };

  [[nodiscard]] Request any(Session& session);
  [[nodiscard]] Request begin(Session& session);
  [[nodiscard]] Request listen(Session& session);
  [[nodiscard]] Request retry(Session& session, Trip& trip);
  /// Good, partial or shown before.
  [[nodiscard]] Request come_back(Session& session, Trip& trip, std::uint32_t how);
  /// With a state that is not good for it: forged, of another, for other params, by another client.
  [[nodiscard]] Request intrude(Session& session, Trip& trip, std::uint32_t how);
  [[nodiscard]] std::string responses_to(Trip const& trip, std::size_t by, bool all);
  [[nodiscard]] std::string forged(Trip const& trip);
  Asked& ask(Session& session);
  [[nodiscard]] std::string text(Session const& session, std::string_view method, std::string_view name,
                                 std::string_view params);
  [[nodiscard]] std::string meta(Session const& session);
  [[nodiscard]] bool has_sessions(Session const& session) const;
  [[nodiscard]] Trip* trip_of(std::uint64_t call);

  harness::TestGateway& gateway_;
  Choices& choices_;
  Ledger& ledger_;
  std::deque<Trip> trips_;  ///< the newest last
  struct Begun {
    std::uint64_t call;
    std::string method;
    std::string name;
    std::string params;
  };
  std::deque<Begun> begun_;  ///< calls that may be asked something, the newest last
};

}  // namespace gateway::storm
