#include "gateway/deploy/course.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "gateway/deploy/course_book.h"

namespace gateway::deploy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a version does in a second.
struct Second {
  double calls = 10;
  double errors = 0;
  double tool_errors = 0;
  double slow = 0;  ///< took between 0.1 and 0.5 s
  bool ready = true;
};

/// Two versions whose calls a test decides, second by second.
class CourseTest : public ::testing::Test {
 protected:
  static config::CanaryConfig quick() {
    config::CanaryConfig config;
    config.steps = {{.weight = 10, .hold = seconds{10}}, {.weight = 100, .hold = seconds{20}}};
    config.ready_timeout = seconds{5};
    config.error_window = seconds{4};
    config.latency_window = seconds{4};
    return config;
  }

  static void add(Sample& to, Second const& second) {
    to.requests += second.calls;
    to.errors += second.errors;
    to.tool_calls += second.calls;
    to.tool_errors += second.tool_errors;
    to.latency[0.1] += second.calls - second.slow;
    to.latency[0.5] += second.calls;
    to.latency[INFINITY] += second.calls;
    to.ready = second.ready;
  }

  /// Goes on for so many seconds, or until the state changes. Gives how many it took.
  int run(int most, Second const& of_new, Second const& of_former = {}) {
    for (int i = 1; i <= most; ++i) {
      now += seconds{1};
      add(new_, of_new);
      add(former_, of_former);
      new_.at = former_.at = now;
      new_.answers = former_.answers = true;
      if (course.look(new_, former_)) return i;
    }
    return 0;
  }

  milliseconds now{0};
  Course course{{.from = "a", .to = "b"}, quick(), now};

 private:
  Sample new_;
  Sample former_;
};

TEST_F(CourseTest, WaitsUntilTheNewVersionIsHealthyThenGoesStepByStep) {
  EXPECT_EQ(0U, course.weight());
  EXPECT_EQ(0, run(3, {.calls = 0, .ready = false}));
  EXPECT_EQ(1, run(1, {}));
  EXPECT_EQ(10U, course.weight());
  EXPECT_EQ(seconds{10}, course.left(now));
  EXPECT_EQ(10, run(100, {}));
  EXPECT_EQ(100U, course.weight());
  EXPECT_EQ(20, run(100, {}, {.calls = 0}));
  EXPECT_EQ(CoursePhase::Done, course.state().phase);
  EXPECT_EQ(100U, course.weight());
  EXPECT_EQ(0, run(10, {.ready = false})) << "it is over";
}

TEST_F(CourseTest, GivesUpWhatDoesNotBecomeHealthy) {
  EXPECT_EQ(5, run(100, {.calls = 0, .ready = false}));
  EXPECT_EQ(CoursePhase::RolledBack, course.state().phase);
  EXPECT_EQ("health", course.state().fired.name);
  EXPECT_EQ("it was not healthy within 5s", course.state().fired.why);
  EXPECT_EQ(0U, course.weight());
}

TEST_F(CourseTest, GoesBackForEachTrigger) {
  struct Case {
    std::string trigger;
    Second of_new;
  };
  for (auto const& [trigger, of_new] : std::vector<Case>{{"errors", {.errors = 1}},
                                                         {"tool_errors", {.tool_errors = 1}},
                                                         {"baseline", {.slow = 5}},
                                                         {"health", {.ready = false}}}) {
    course = Course({.from = "a", .to = "b"}, quick(), now);
    ASSERT_EQ(1, run(1, {}));
    EXPECT_NE(0, run(9, of_new)) << trigger;
    EXPECT_EQ(CoursePhase::RolledBack, course.state().phase) << trigger;
    EXPECT_EQ(trigger, course.state().fired.name);
  }
}

TEST_F(CourseTest, DoesNotBlameTheNewVersionForWhatTheFormerOneDoesAsWell) {
  ASSERT_EQ(1, run(1, {}));
  EXPECT_EQ(10, run(100, {.tool_errors = 2, .slow = 5}, {.tool_errors = 2, .slow = 5}));
  EXPECT_EQ(CoursePhase::Observe, course.state().phase);
}

TEST_F(CourseTest, ConcludesNothingFromFewCalls) {
  ASSERT_EQ(1, run(1, {}));
  EXPECT_EQ(10, run(100, {.calls = 1, .errors = 1, .tool_errors = 1}));
  EXPECT_EQ(CoursePhase::Observe, course.state().phase);
}

TEST_F(CourseTest, BeginsTheStepAnewInAnotherProcessOnceTheVersionIsHealthyThere) {
  course = Course({.from = "a", .to = "b", .phase = CoursePhase::Observe, .step = 1}, quick(), now);
  EXPECT_EQ(100U, course.weight()) << "its owners stay with it";
  EXPECT_EQ(0, run(3, {.ready = false}));
  EXPECT_EQ(1, run(1, {}));
  EXPECT_EQ((CourseState{.from = "a", .to = "b", .phase = CoursePhase::Observe, .step = 1}), course.state());
  EXPECT_EQ(20, run(100, {}));
}

TEST_F(CourseTest, EndsAsAnOperatorSays) {
  course.promote();
  EXPECT_EQ(CoursePhase::Done, course.state().phase);
  course.roll_back("too late");
  EXPECT_EQ(CoursePhase::Done, course.state().phase);
  course = Course({.from = "a", .to = "b"}, quick(), now);
  course.roll_back("an operator asked for it");
  EXPECT_EQ("operator", course.state().fired.name);
}

TEST(CourseBookTest, ReadsWhatItWrote) {
  CourseBook const book{
      {"github",
       {.configured = {{"a", 90}, {"b", 10}},
        .weights = {{"a", 50}, {"b", 50}},
        .course =
            CourseState{
                .from = "a", .to = "b", .phase = CoursePhase::RolledBack, .step = 1, .fired = {"errors", "10 %"}}}},
      {"memory", {.configured = {{"x", 100}}, .weights = {{"x", 100}}}}};
  auto const read = read_course_book(to_json(book));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(book, *read);
}

TEST(CourseBookTest, SaysWhatIsWrongWithOthers) {
  auto const with = [](std::string const& weights, std::string const& course) {
    return R"({"services":{"s":{"configured":{"a":90,"b":10},"weights":)" + weights + R"(,"course":)" + course + "}}}";
  };
  std::string const weights = R"({"a":100,"b":0})";
  std::string const course = R"({"from":"a","to":"b","phase":"gate","step":0})";
  ASSERT_TRUE(read_course_book(with(weights, course)));
  for (std::string const& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"services":{"s":{"configured":{}}}})"),
        with(R"({"a":100,"b":-5})", course), with(R"({"a":18446744073709551615,"b":101})", course),
        with(R"({"a":50,"b":0})", course), with(R"({"a":50,"gone":50})", course),
        with(weights, R"({"from":"a","to":"b","phase":"later","step":0})"),
        with(weights, R"({"from":"a","to":"b","phase":"gate","step":-1})"),
        with(weights, R"({"from":"gone","to":"b","phase":"gate","step":0})"),
        with(weights, R"({"from":"b","to":"b","phase":"gate","step":0})")}) {
    auto const read = read_course_book(text);
    ASSERT_FALSE(read) << text;
    EXPECT_TRUE(read.error().what.starts_with("expected what mcp-gateway wrote there")) << read.error().what;
  }
}

}  // namespace
}  // namespace gateway::deploy
