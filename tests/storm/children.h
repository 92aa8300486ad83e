// The servers of a storm: they answer late, twice, wrongly or not at all, and die.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "tests/harness/test_gateway.h"
#include "tests/storm/choices.h"
#include "tests/storm/ledger.h"

namespace gateway::storm {

class Children {
 public:
  Children(harness::TestGateway& gateway, Choices& choices, Ledger& ledger)
      : gateway_(gateway), choices_(choices), ledger_(ledger) {}

  /// Takes what they were told.
  void listen();
  /// One of them does something.
  void act();
  /// From now on every one answers at once, and ends when it is told to.
  void behave();
  /// Everything changes at each of them, and each says so. Once they behave.
  void tell_all_news();
  /// None waits for an answer. Once all have had their time.
  void expect_no_question();

 private:
  /// A request it has and has not answered.
  struct Pending {
    std::string id;
    std::string method;
    std::optional<std::uint64_t> number;  ///< the ledger's
    std::string progress;                 ///< raw token
    TimePoint since;
    bool cancelled = false;
    bool excused = false;  ///< that it was not cancelled as soon as its client left
  };
  /// A request of its own that is not answered.
  struct Question {
    std::optional<std::uint64_t> call;  ///< that has caused it
    TimePoint since;
  };
  struct Mind {
    std::vector<Pending> pending;
    std::optional<std::uint64_t> owner;  ///< the one session it serves, where it was told
    std::string circle;                  ///< of all whose calls it was given
    std::uint64_t questions = 0;
    std::map<std::string, Question> open;  ///< by raw id
    std::set<std::string> closed;          ///< raw ids of those that are answered
    bool cuts = false;                     ///< it has begun a line: what it says next is not understood
    bool was_cut_off = false;              ///< not all that it was to be told can have reached it
    std::vector<std::string> listens;      ///< raw ids of open subscriptions/listen, the newest last
    bool honours = true;                   ///< all that it was ever asked to listen for
    std::optional<Pending> answered;       ///< what it has answered last, and when
  };

  void say(harness::ScriptedChild& child, std::string_view line);
  void tell_all_news(harness::ScriptedChild& child, std::string_view meta);
  void hear(harness::ScriptedChild& child, Mind& mind, std::string const& line);
  void hear_answer(harness::ScriptedChild& child, Mind& mind, std::string const& line);
  void take_call(harness::ScriptedChild& child, Mind& mind, std::uint64_t number);
  /// Of calls whose clients have left it is told, and its questions are answered.
  void expect_told(harness::ScriptedChild& child, Mind& mind);
  void shake_hands(harness::ScriptedChild& child, Mind& mind, std::string const& line);
  void be_discovered(harness::ScriptedChild& child, std::string const& line);
  /// Whether it was something that only a child without sessions is told.
  [[nodiscard]] bool hear_stateless(harness::ScriptedChild& child, Mind& mind, std::string const& line,
                                    std::string_view method);
  void acknowledge(harness::ScriptedChild& child, Mind& mind, std::string const& line);
  void end_listen(harness::ScriptedChild& child, std::string const& listen);
  void end_newest_listen(harness::ScriptedChild& child, Mind& mind);
  [[nodiscard]] std::string asks_for_input(Pending const& pending);
  [[nodiscard]] std::string question_for(Session const& session);
  void answer(harness::ScriptedChild& child, Mind& mind, std::size_t which);
  void speak_of(harness::ScriptedChild& child, Pending const& pending);
  void speak_late(harness::ScriptedChild& child, Mind& mind);
  void ask(harness::ScriptedChild& child, Mind& mind);
  void ask_for(harness::ScriptedChild& child, Mind& mind, std::optional<std::uint64_t> call);
  void tell_news(harness::ScriptedChild& child, Mind& mind);
  void talk_nonsense(harness::ScriptedChild& child, Mind& mind);
  void answer_at_length(harness::ScriptedChild& child, Mind& mind);
  void misbehave(harness::ScriptedChild& child);
  [[nodiscard]] std::string result_of(Pending const& pending);

  harness::TestGateway& gateway_;
  Choices& choices_;
  Ledger& ledger_;
  std::map<std::uint64_t, Mind> minds_;
  std::uint32_t tools_ = 0;  ///< which of its lists of tools it shows
  bool behaves_ = false;
};

}  // namespace gateway::storm
