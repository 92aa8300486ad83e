#include "gateway/backend/call_book.h"

#include <gtest/gtest.h>

#include <charconv>
#include <string>
#include <vector>

#include "gateway/mcp/session_table.h"
#include "gateway/metrics/metrics.h"
#include "tests/harness/manual_clock.h"

namespace gateway::backend {
namespace {

using mcp::Outcome;
using Outcomes = std::vector<Outcome>;

class NoSpawner final : public io::Spawner {
 public:
  Result<std::unique_ptr<io::ChildProcess>> start(io::ChildSpec const&, io::ChildProcess::Handler&) override {
    return Error{"there are no processes here"};
  }
};

class NoLines final : public log::LogSink {
 public:
  std::vector<log::Wanted> wanted() const override { return {log::Wanted{}}; }
  void write(log::LogPiece& piece) override { piece.clear(); }
};

/// Does what the test says, and keeps what it was sent.
class FakePeer final : public Peer {
 public:
  FakePeer() { state_ = PeerState::Ready; }
  void start() override {}
  void wake() override {}
  void stop() override {}
  void sleep() override {}
  void renew(std::string_view) override {}
  bool restart(std::string_view) override { return false; }
  void end_hung() override {}
  void ready() override {}
  void fail_start(std::string_view) override {}
  bool send(std::string_view line) override {
    if (takes) lines.emplace_back(line);
    return takes;
  }
  std::size_t queued_bytes() const override { return 0; }
  TimePoint last_heard() const override { return {}; }
  bool is_coming() const override { return true; }
  bool is_between_planned_runs() const override { return false; }
  std::string const& why_not_ready() const override { return none_; }
  std::string const& why_in_detail() const override { return none_; }
  std::string const& last_exit() const override { return none_; }
  std::uint64_t restarts() const override { return 0; }
  TimePoint started() const override { return {}; }

  using Peer::state_;
  bool takes = true;
  std::vector<std::string> lines;

 private:
  std::string none_;
};

class FakeClients final : public mcp::ClientPort {
 public:
  /// Asked for the record of a call, and for nothing else: so this is what was recorded.
  std::optional<int> status_of(mcp::ReplyTo, Outcome outcome) override {
    recorded.push_back(outcome);
    return std::nullopt;
  }
  void answer(mcp::ReplyTo, Outcome outcome, rpc::Reply const&) override { answered.push_back(outcome); }
  void drop(mcp::ReplyTo) override { ++dropped; }
  void during(mcp::ReplyTo, rpc::PiecesView) override {}
  void notify(SessionId, rpc::PiecesView) override {}
  bool ask(SessionId, std::optional<mcp::ReplyTo>, rpc::PiecesView) override { return false; }
  void end(SessionId, mcp::SessionEnd) override {}

  Outcomes recorded;
  Outcomes answered;
  int dropped = 0;
};

class Question final : public OwnQuestion {
 public:
  Question(Outcomes& ends, bool outlives) : ends_(ends), outlives_(outlives) {}
  Request request() const override { return {.method = "ping", .params = "{}", .patience = seconds(5)}; }
  void ended(mcp::Call const&, Outcome outcome, rpc::Reply const&) override { ends_.push_back(outcome); }
  bool outlives_run() const override { return outlives_; }

 private:
  Outcomes& ends_;
  bool outlives_;
};

class CallBookTest : public ::testing::Test {
 protected:
  struct Side {
    explicit Side(CallBookTest& test)
        : wire(peer), book(test.context, test.config, test.probe, {}, peer, wire, mcp::Sharing::Shared, 1) {}
    FakePeer peer;
    Wire wire;
    CallBook book;
  };

  static config::ServiceConfig small() {
    config::ServiceConfig config;
    config.name = "one";
    config.max_calls = 2;
    config.max_queue = 2;
    return config;
  }

  HeldCall arrive(mcp::Session& session) {
    auto held = side.book.arrived();
    held->to.session = session.id;
    held->client = session.client;
    held->client_id = std::to_string(++last_id);
    held->started = loop.now();
    held->patience = seconds(10);
    held->deadline = held->hard_deadline = held->started + seconds(10);
    session.open.push_back({held->client_id, {}});
    return held;
  }
  void send(mcp::Session& session) { side.book.send(arrive(session), "tools/call", mcp::read_params("{}")); }
  void park(mcp::Session& session) { (void)side.book.park(arrive(session)); }
  void ask(bool outlives) {
    auto question = std::make_unique<Question>(ends, outlives);
    auto const request = question->request();
    side.book.send(side.book.arrived(std::move(question), request), request.method, mcp::read_params("{}"));
  }
  /// The id of the request the peer was sent last.
  CallId last_sent() {
    auto const& line = side.peer.lines.back();
    std::uint64_t id = 0;
    auto const at = line.find("\"id\":") + 5;
    std::from_chars(line.data() + at, line.data() + line.size(), id);
    return CallId{id};
  }
  static rpc::Message result() {
    rpc::Message message;
    message.kind = rpc::MessageKind::Response;
    message.result = "{}";
    return message;
  }
  void pass(Duration time) {
    clock.set(clock.now() + time);
    loop.turn({});
    side.book.expire(loop.now());
  }

  harness::ManualClock clock;
  io::EventLoop loop{&clock};
  NoSpawner spawner;
  io::ProcessSampler sampler{"TEST"};
  SystemEntropy entropy;
  NoLines lines;
  log::Log log{config::LogConfig{}, log::Log::Writer{}, lines};
  config::TracesConfig traces;
  metrics::Metrics metrics{{.version = "test", .revision = {}, .build_time = {}, .instance_id = "test"}};
  metrics::ServiceProbe& probe = metrics.service("one");
  trace::Tracer tracer{traces, nullptr, metrics, entropy};
  log::Redaction redaction;
  config::LimitsConfig limits;
  mcp::SessionTable sessions{entropy};
  FakeClients clients;
  mcp::StateSeal seal{entropy};
  Context context{loop,    spawner, sampler, entropy,  log,     tracer, &redaction,
                  nullptr, "test",  limits,  sessions, clients, seal};
  config::ServiceConfig config = small();
  Outcomes ends;  ///< of the questions asked
  Side side{*this};
  mcp::Session& ann = sessions.open({}, mcp::Transport::Http, {});
  mcp::Session& bob = sessions.open({}, mcp::Transport::Http, {});
  int last_id = 0;
};

TEST_F(CallBookTest, RecordsAnAnswerOnce) {
  send(ann);
  auto const id = last_sent();
  EXPECT_TRUE(side.book.answered(id, result()));
  EXPECT_FALSE(side.book.answered(id, result()));
  EXPECT_EQ(Outcomes{Outcome::Ok}, clients.recorded);
  EXPECT_EQ(Outcomes{Outcome::Ok}, clients.answered);
  EXPECT_TRUE(ann.open.empty());
  EXPECT_TRUE(side.book.empty());
}

TEST_F(CallBookTest, AnswersAndRecordsACallThatIsDropped) {
  { auto const lost = arrive(ann); }
  EXPECT_EQ(Outcomes{Outcome::Unavailable}, clients.recorded);
  EXPECT_EQ(Outcomes{Outcome::Unavailable}, clients.answered);
}

TEST_F(CallBookTest, DoesNotEndACallThatChangesHands) {
  auto held = arrive(ann);
  auto other = std::move(held);
  EXPECT_TRUE(clients.recorded.empty());
  side.book.finish_ok(std::move(other), "{}");
  EXPECT_EQ(Outcomes{Outcome::Ok}, clients.recorded);
}

TEST_F(CallBookTest, RejectsWhatThePeerDoesNotTake) {
  side.peer.takes = false;
  send(ann);
  EXPECT_EQ(Outcomes{Outcome::Busy}, clients.recorded);
  EXPECT_TRUE(side.book.empty());
}

TEST_F(CallBookTest, RejectsWhatTheQueueHasNoRoomFor) {
  for (int i = 0; i < 5; ++i) send(ann);
  EXPECT_EQ(2U, side.peer.lines.size());
  EXPECT_EQ(2U, side.book.queued_of(ann.id));
  EXPECT_EQ(Outcomes{Outcome::Busy}, clients.recorded);
}

TEST_F(CallBookTest, GivesOutWhatIsQueuedWhenThereIsRoom) {
  for (int i = 0; i < 3; ++i) send(ann);
  EXPECT_FALSE(side.book.next());
  (void)side.book.answered(last_sent(), result());
  auto next = side.book.next();
  ASSERT_TRUE(next);
  EXPECT_EQ("tools/call", next->method);
  side.book.finish_ok(std::move(next->call), "{}");
  EXPECT_EQ(2U, clients.recorded.size());
}

TEST_F(CallBookTest, RecordsACancelledCallAndIgnoresItsLateAnswer) {
  send(ann);
  auto const id = last_sent();
  side.book.cancel(bob, ann.open.front().id, {});
  EXPECT_TRUE(clients.recorded.empty());
  auto const request = ann.open.front().id;
  side.book.cancel(ann, request, R"("enough")");
  EXPECT_NE(std::string::npos, side.peer.lines.back().find("notifications/cancelled"));
  EXPECT_EQ(Outcomes{Outcome::Cancelled}, clients.recorded);
  EXPECT_EQ(1, clients.dropped);
  EXPECT_FALSE(side.book.answered(id, result()));
  EXPECT_EQ(1U, clients.recorded.size());
}

TEST_F(CallBookTest, RecordsAQueuedCallThatIsCancelled) {
  side.peer.state_ = PeerState::Starting;
  side.book.queue(arrive(ann), "tools/call", "{}");
  auto const request = ann.open.front().id;
  side.book.cancel(ann, request, {});
  EXPECT_EQ(Outcomes{Outcome::Cancelled}, clients.recorded);
  EXPECT_TRUE(side.book.empty());
}

TEST_F(CallBookTest, RecordsAllCallsOfASessionThatEnds) {
  send(ann);
  send(bob);
  send(ann);
  send(ann);
  park(ann);
  side.book.cancel_all_of(ann);
  EXPECT_EQ((Outcomes{Outcome::Cancelled, Outcome::Cancelled, Outcome::Cancelled, Outcome::Cancelled}),
            clients.recorded);
  EXPECT_TRUE(clients.answered.empty());
  EXPECT_EQ(1U, side.book.owed());
}

TEST_F(CallBookTest, RecordsTimeoutsOfSentAndQueuedCalls) {
  for (int i = 0; i < 3; ++i) send(ann);
  pass(seconds(10));
  EXPECT_EQ((Outcomes{Outcome::Timeout, Outcome::Timeout, Outcome::Timeout}), clients.recorded);
  EXPECT_EQ(clients.recorded, clients.answered);
  EXPECT_TRUE(side.book.take_hang());
  EXPECT_FALSE(side.book.take_hang());
}

TEST_F(CallBookTest, KeepsThePlaceOfACallThatTimedOutForAMoment) {
  send(ann);
  send(ann);
  pass(seconds(10));
  send(ann);
  EXPECT_FALSE(side.book.next());
  pass(seconds(2));
  EXPECT_TRUE(side.book.next());
}

TEST_F(CallBookTest, FailsAndRecordsWhatARunOwed) {
  for (int i = 0; i < 3; ++i) send(ann);
  side.book.fail_sent("it exited");
  EXPECT_EQ((Outcomes{Outcome::ChildExited, Outcome::ChildExited}), clients.recorded);
  side.book.fail_queued("it exited");
  EXPECT_EQ(Outcome::Unavailable, clients.recorded.back());
  EXPECT_EQ(clients.recorded, clients.answered);
  EXPECT_TRUE(side.book.empty());
}

TEST_F(CallBookTest, FailsAndRecordsAnAnswerThatIsTooLarge) {
  send(ann);
  EXPECT_TRUE(side.book.answer_too_large(last_sent()));
  EXPECT_EQ(Outcomes{Outcome::ChildExited}, clients.recorded);
}

TEST_F(CallBookTest, RecordsACallThatMovedWhereItEnds) {
  Side other(*this);
  side.peer.state_ = PeerState::Backoff;
  side.book.queue(arrive(ann), "tools/call", "{}");
  other.book.take_over_queue(ann.id, side.book);
  EXPECT_TRUE(side.book.empty());
  EXPECT_TRUE(clients.recorded.empty());
  other.book.cancel_all_of(ann);
  EXPECT_EQ(Outcomes{Outcome::Cancelled}, clients.recorded);
}

TEST_F(CallBookTest, EndsParkedCallsAsTheOneTheyWaitFor) {
  auto const parked = side.book.park(arrive(ann));
  EXPECT_EQ(1U, side.book.owed());
  side.book.end_parked(parked, {}, Outcome::Ok, {{}, rpc::Reply::Kind::Result, "{}"});
  side.book.end_parked(parked, {}, Outcome::Ok, {{}, rpc::Reply::Kind::Result, "{}"});
  EXPECT_EQ(Outcomes{Outcome::Ok}, clients.recorded);
  EXPECT_TRUE(ann.open.empty());
}

TEST_F(CallBookTest, TellsAQuestionOfItsEndOnceAndRecordsNothing) {
  ask(false);
  auto const id = last_sent();
  EXPECT_TRUE(side.book.answered(id, result()));
  EXPECT_FALSE(side.book.answered(id, result()));
  ask(false);
  pass(seconds(5));
  ask(false);
  side.book.fail_sent("it exited");
  EXPECT_EQ((Outcomes{Outcome::Ok, Outcome::Timeout, Outcome::ChildExited}), ends);
  EXPECT_TRUE(clients.recorded.empty());
}

TEST_F(CallBookTest, KeepsQuestionsForTheNextRunThatOutliveThis) {
  send(ann);
  send(ann);
  ask(true);
  ask(false);
  side.book.fail_questions_of_run("it exited");
  EXPECT_EQ(Outcomes{Outcome::ChildExited}, ends);
  side.book.fail_queued("it is gone");
  EXPECT_EQ((Outcomes{Outcome::ChildExited, Outcome::Unavailable}), ends);
}

/// Whatever happens to them, and in whichever order.
TEST_F(CallBookTest, RecordsEveryCallOnce) {
  config.max_queue = 4;
  Side other(*this);
  for (std::uint64_t step = 0; step < 5000; ++step) {
    auto const choice = entropy.number();
    auto& session = choice % 2 == 0 ? ann : bob;
    switch (choice / 2 % 12) {
      case 0: side.peer.takes = !side.peer.takes; break;
      case 1: side.peer.state_ = side.peer.state_ == PeerState::Ready ? PeerState::Backoff : PeerState::Ready; break;
      case 2: pass(seconds(1)); break;
      case 3: side.book.cancel_all_of(session); break;
      case 4:
        if (session.open.empty()) break;
        side.book.cancel(session, std::string(session.open.front().id), {});
        break;
      case 5: side.book.fail_sent("it exited"); break;
      case 6:
        other.book.take_over_queue(session.id, side.book);
        side.book.cancel_all_of(session);
        other.book.cancel_all_of(session);
        break;
      case 7:
        if (!side.peer.lines.empty()) (void)side.book.answered(last_sent(), result());
        break;
      case 8:
        if (auto next = side.book.next()) side.book.send(std::move(next->call), next->method, mcp::read_params("{}"));
        break;
      case 9: park(session); break;
      default: send(session);
    }
  }
  side.book.cancel_all_of(ann);
  side.book.cancel_all_of(bob);
  EXPECT_EQ(static_cast<std::size_t>(last_id), clients.recorded.size());
  EXPECT_TRUE(ann.open.empty());
  EXPECT_TRUE(bob.open.empty());
  EXPECT_EQ(0U, side.book.owed());
}

}  // namespace
}  // namespace gateway::backend
