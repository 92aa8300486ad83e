#include "gateway/deploy/book.h"

#include <gtest/gtest.h>

namespace gateway::deploy {
namespace {

Entry entry(std::string action, std::string outcome, unsigned release, std::string version = "v") {
  return {.action = std::move(action),
          .outcome = std::move(outcome),
          .profile = "p",
          .release = release,
          .version = std::move(version)};
}

std::vector<Entry> deployed(std::initializer_list<unsigned> releases) {
  std::vector<Entry> book;
  for (auto const release : releases) {
    book.push_back(entry("deploy", "starting", release));
    book.push_back(entry("deploy", "ready", release, "v" + std::to_string(release)));
  }
  return book;
}

TEST(DeployBook, GivesBackWhatWasWrittenAndOnlyOfTheProfile) {
  auto mine = entry("deploy", "failed", 3, "v3");
  mine.reason = "it said \"no\"\n";
  mine.pid = 12;
  auto other = mine;
  other.profile = "q";
  auto const book = read_book(to_line(mine) + to_line(other), "p");

  ASSERT_EQ(1U, book.size());
  EXPECT_EQ(mine.reason, book[0].reason);
  EXPECT_EQ(3U, book[0].release);
  EXPECT_EQ(12, book[0].pid);
}

TEST(DeployBook, PassesOverALineThatWasCutShort) {
  auto const line = to_line(entry("deploy", "ready", 1));
  for (std::size_t size = 0; size < line.size() - 1; ++size) {
    auto const book = read_book(line.substr(0, size) + "\n" + line, "p");
    EXPECT_EQ(1U, book.size()) << size;
  }
}

TEST(DeployBook, KnowsWhatRunsAlsoAfterAFailure) {
  EXPECT_FALSE(current_of({}));
  auto book = deployed({1, 2});
  EXPECT_EQ(2U, current_of(book)->release);
  book.push_back(entry("deploy", "starting", 3));
  EXPECT_EQ(3U, current_of(book)->release) << "cut short: it may run";
  book.push_back(entry("deploy", "failed", 3));
  EXPECT_EQ(2U, current_of(book)->release);
  EXPECT_EQ(2U, last_ready(book)->release);
}

TEST(DeployBook, GoesBackToTheReleaseBeforeOrToANamedOne) {
  auto book = deployed({1, 2, 3});
  EXPECT_EQ(2U, rollback_target(book, "previous")->release);
  EXPECT_EQ(1U, rollback_target(book, "v1")->release);
  EXPECT_EQ(1U, rollback_target(book, "1")->release);
  auto const unknown = rollback_target(book, "v9");
  ASSERT_FALSE(unknown);
  EXPECT_NE(std::string::npos, unknown.error().what.find("1 (v1), 2 (v2), 3 (v3)")) << unknown.error().what;
}

TEST(DeployBook, GoesBackFurtherOnceItWentBack) {
  auto book = deployed({1, 2, 3});
  book.push_back(entry("rollback", "ready", 2));
  EXPECT_EQ(1U, rollback_target(book, "previous")->release);
  book.push_back(entry("rollback", "ready", 1));
  EXPECT_FALSE(rollback_target(book, "previous"));
}

TEST(DeployBook, FinishesARollbackThatWasCutShort) {
  auto book = deployed({1, 2, 3});
  book.push_back(entry("rollback", "starting", 2));
  EXPECT_EQ(2U, rollback_target(book, "previous")->release);
}

TEST(DeployBook, DoesNotGoBackToWhatFailed) {
  auto book = deployed({1});
  book.push_back(entry("deploy", "starting", 2));
  book.push_back(entry("deploy", "failed", 2));
  for (auto const& more : deployed({3})) book.push_back(more);
  EXPECT_EQ(1U, rollback_target(book, "previous")->release);
  EXPECT_FALSE(rollback_target(book, "2"));
  EXPECT_FALSE(rollback_target({}, "previous"));
}

}  // namespace
}  // namespace gateway::deploy
