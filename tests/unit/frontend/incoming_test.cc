#include "gateway/frontend/incoming.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::frontend {
namespace {

using namespace std::string_literals;

constexpr auto kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
constexpr auto kNote = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

class IncomingTest : public ::testing::Test {
 protected:
  Incoming read(std::string_view body) {
    auto result = Incoming::read(body, session, limits);
    if (auto* const incoming = std::get_if<Incoming>(&result)) return std::move(*incoming);
    ADD_FAILURE() << std::get<rpc::Unreadable>(result).why;
    return {};
  }
  std::string refusal(std::string_view body) {
    auto const result = Incoming::read(body, session, limits);
    auto const* const unreadable = std::get_if<rpc::Unreadable>(&result);
    return unreadable == nullptr ? "" : std::string(unreadable->why);
  }

  mcp::Session session;
  config::LimitsConfig limits;
};

TEST_F(IncomingTest, ReadsOneMessage) {
  auto const incoming = read(kPing);
  ASSERT_EQ(1U, incoming.messages.size());
  EXPECT_EQ("ping", incoming.messages[0].method);
  EXPECT_FALSE(incoming.batch);
  EXPECT_EQ(1U, incoming.requests());
}

TEST_F(IncomingTest, PassesOverAByteOrderMark) { EXPECT_EQ(1U, read("\xEF\xBB\xBF"s + kPing).messages.size()); }

TEST_F(IncomingTest, ReadsABatchInItsOneRevision) {
  auto const incoming = read("["s + kPing + " ,\n" + kNote + "]");
  EXPECT_TRUE(incoming.batch);
  EXPECT_EQ(2U, incoming.messages.size());
  EXPECT_EQ(1U, incoming.requests());
}

TEST_F(IncomingTest, RefusesABatchInEveryOtherRevision) {
  for (auto const revision : {mcp::Revision::R2024_11_05, mcp::Revision::R2025_06_18, mcp::Revision::R2025_11_25}) {
    session.revision = revision;
    EXPECT_EQ("batches exist in revision 2025-03-26 only", refusal("["s + kPing + "]"));
  }
}

TEST_F(IncomingTest, TakesABatchWholeOrNotAtAll) {
  EXPECT_EQ("the body is not valid JSON", refusal("["s + kPing + ","));
  EXPECT_EQ("expected one JSON-RPC message, an object", refusal("["s + kPing + ",1]"));
  EXPECT_EQ("expected one JSON-RPC message, an object", refusal("[["s + kPing + "]]"));
  EXPECT_EQ("the batch is empty", refusal("[ ]"));
}

TEST_F(IncomingTest, RefusesABatchBeyondItsLimit) {
  limits.batch_max = 2;
  EXPECT_EQ(2U, read("["s + kNote + "," + kNote + "]").messages.size());
  EXPECT_EQ("the batch is too long", refusal("["s + kNote + "," + kNote + "," + kNote + "]"));
}

TEST_F(IncomingTest, RefusesAnIdTheSessionWaitsFor) {
  session.open.push_back({"1", CallId{}});
  EXPECT_EQ("a request with this id is already waiting for its answer", refusal(kPing));
  EXPECT_EQ("", refusal(R"({"jsonrpc":"2.0","id":"1","method":"ping"})"));
  EXPECT_EQ("", refusal(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
}

TEST_F(IncomingTest, RefusesOneIdTwiceInABatch) {
  EXPECT_EQ("a request with this id is already waiting for its answer", refusal("["s + kPing + "," + kPing + "]"));
}

TEST_F(IncomingTest, RefusesAnInitializeInABatch) {
  auto const initialize = R"({"jsonrpc":"2.0","id":1,"method":"initi\u0061lize"})"s;
  EXPECT_EQ("initialize must not be part of a batch", refusal("[" + initialize + "]"));
  EXPECT_EQ("", refusal(initialize));
}

}  // namespace
}  // namespace gateway::frontend
