// The clients of a storm: every kind of request, pipelined, cut, with ids of earlier
// answers or invented ones; slow to read, gone in the middle.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/test_gateway.h"
#include "tests/storm/choices.h"
#include "tests/storm/ledger.h"
#include "tests/storm/stateless_calls.h"

namespace gateway::storm {

class Clients {
 public:
  Clients(harness::TestGateway& gateway, Choices& choices, Ledger& ledger)
      : gateway_(gateway), choices_(choices), ledger_(ledger), stateless_(gateway, choices, ledger) {}

  /// One of them does something.
  void act();
  /// Takes what they heard, and holds it against the ledger.
  void listen();
  /// From now on all read, and what was cut is sent.
  void behave();
  /// Every one that is still there was given all it was owed. After `behave`, and when
  /// the children owe nothing any more.
  void expect_all_answered() const;
  /// Between the two, everything changes: whoever listens hears of it.
  void await_news();
  void expect_news() const;
  /// Those who listen now hear the end of it, when the gateway stops.
  void await_ends();
  void expect_ends() const;
  void leave_all();

 private:
  /// One HTTP request on a connection, and what it asks.
  struct Request {
    enum class Kind { Post, Message, Sse, Stream, Delete, Listen, Other } kind = Kind::Other;
    std::size_t session = 0;
    std::vector<std::uint64_t> asked;
    bool initializes = false;
  };
  struct Line {
    harness::TestClient* client = nullptr;
    std::deque<Request> sent;
    std::size_t heard = 0;   ///< so many answers are done with
    std::size_t events = 0;  ///< so many events of the next one
    bool spoiled = false;    ///< it has said what is no HTTP: it is owed nothing
    std::string rest;        ///< of a request that was cut
    bool awaits_end = false;
  };
  static constexpr std::size_t kLines = 28;

  // what is sent
  void open(Line& line);
  void leave(Line& line);
  void send_some(Line& line);
  [[nodiscard]] std::string request(Line& line);
  [[nodiscard]] std::string open_session(Line& line);
  [[nodiscard]] std::string open_sse(Line& line);
  [[nodiscard]] std::string one_shot(Line& line);
  [[nodiscard]] std::string stateless(Line& line);
  [[nodiscard]] std::string message(Line& line, Session& session);
  [[nodiscard]] std::string batch(Line& line, Session& session);
  [[nodiscard]] std::string stream(Line& line, Session& session);
  [[nodiscard]] std::string end(Line& line, Session& session);
  [[nodiscard]] std::string stray(Line& line);
  [[nodiscard]] std::string post(Line& line, Request request, Session const& session, std::string_view body);
  [[nodiscard]] std::string head(std::string_view method, std::string_view path, Session const& session) const;
  [[nodiscard]] std::string question(Session& session, Request& request);
  [[nodiscard]] std::string note(Session& session);
  [[nodiscard]] std::string answer_to_child(Session const& session);
  [[nodiscard]] Session& new_session();
  [[nodiscard]] Session* known_session();
  [[nodiscard]] bool may_talk(Session const& session) const;

  // what is heard
  void listen(Line& line);
  void take(Line& line, Request const& request, harness::HeardAnswer const& answer);
  void take_body(Request const& request, harness::HeardAnswer const& answer);
  void take_events(Line& line, Request const& request, harness::HeardAnswer const& answer);
  void note_that_it_left(Line const& line);
  [[nodiscard]] Listening* listening_on(Line const& line) const;
  void expect_answered(Line const& line, std::size_t at) const;

  harness::TestGateway& gateway_;
  Choices& choices_;
  Ledger& ledger_;
  StatelessCalls stateless_;
  std::array<Line, kLines> lines_;
  std::vector<std::size_t> known_;      ///< sessions with a token, the newest last
  std::vector<std::string> questions_;  ///< ids of what children asked, of whomever
};

}  // namespace gateway::storm
