// What a server says of secrets, and what its clients are told.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class RedactionTest : public MiddleTest {
 protected:
  void start_redacting() {
    auto one = service("one");
    one.redact.patterns = {"case-[0-9]+"};
    start({one});
  }
};

TEST_F(RedactionTest, TakesOutWhatItsPatternsFit) {
  start_redacting();
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  answer(child(), take_heard(child())["id"], {{"text", "see case-12"}});
  gateway->turn(2);
  EXPECT_EQ("see ***", body(client)["result"]["text"]);
}

TEST_F(RedactionTest, HoldsForACallThatIsAnsweredWhileTheChildStops) {
  start_redacting();
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  auto const called = take_heard(child());
  auto& stopping = child();
  gateway->shard().operate(gateway->directory().find("one")->key, backend::Restart{}, [](auto const&) {});
  ASSERT_TRUE(stopping.told_to_stop());
  answer(stopping, called["id"], {{"text", "see case-12"}});
  gateway->turn(2);
  EXPECT_EQ("see ***", body(client)["result"]["text"]);
}

}  // namespace
}  // namespace gateway::harness
