#include "gateway/mcp/version.h"

#include <gtest/gtest.h>

#include "gateway/mcp/log_level.h"

namespace gateway::mcp {
namespace {

using enum Revision;
constexpr Revision kAll[] = {R2024_11_05, R2025_03_26, R2025_06_18, R2025_11_25};

TEST(Version, IsFoundByItsTextAlone) {
  for (auto const revision : kAll) EXPECT_EQ(revision, revision_from(to_text(revision)));
  for (auto const* const text : {"", "2024-11-0", "2025-11-25 ", "2026-07-28", "latest"}) {
    EXPECT_EQ(std::nullopt, revision_from(text)) << text;
  }
}

TEST(Version, HasBatchesInOneRevisionAlone) {
  for (auto const revision : kAll) EXPECT_EQ(revision == R2025_03_26, has_batches(revision));
}

TEST(Version, HasPrimingEventsFromTheRevisionThatDefinesThem) {
  for (auto const revision : kAll) EXPECT_EQ(revision == R2025_11_25, has_priming_events(revision));
}

TEST(Version, NegotiatesWhatBothKnowAndNeverMoreThanTheChild) {
  for (auto const child : kAll) {
    for (auto const asked : kAll) EXPECT_EQ(asked < child ? asked : child, negotiate(to_text(asked), child));
    EXPECT_EQ(child, negotiate("2099-01-01", child));
    EXPECT_EQ(child, negotiate("", child));
  }
}

TEST(LogLevel, IsFoundByItsTextAlone) {
  constexpr LogLevel kLevels[] = {LogLevel::Debug, LogLevel::Info,     LogLevel::Notice, LogLevel::Warning,
                                  LogLevel::Error, LogLevel::Critical, LogLevel::Alert,  LogLevel::Emergency};
  for (auto const level : kLevels) EXPECT_EQ(level, log_level_from(to_text(level)));
  for (auto const* const text : {"", "warn", "Info", "debug "}) EXPECT_EQ(std::nullopt, log_level_from(text)) << text;
}

TEST(LogLevel, ComparesBySeverity) {
  EXPECT_EQ("warning", to_text(LogLevel::Warning));
  EXPECT_LT(LogLevel::Debug, LogLevel::Info);
  EXPECT_LT(LogLevel::Alert, LogLevel::Emergency);
}

}  // namespace
}  // namespace gateway::mcp
