#include "gateway/mcp/envelope_cache.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gateway/mcp/client_message.h"

namespace gateway::mcp {
namespace {

std::string request(std::string_view meta, std::string_view more = "") {
  return fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{}{},"name":"n"}}}})", meta,
                     more);
}

std::string meta_of(std::string_view client) {
  return fmt::format(R"({{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                     R"("io.modelcontextprotocol/clientInfo":{{"name":"{}"}},)"
                     R"("io.modelcontextprotocol/logLevel":"info","io.modelcontextprotocol/clientCapabilities":{{}}}})",
                     client);
}

class EnvelopeCacheTest : public testing::Test {
 protected:
  /// Reads it, and checks that it is read as without a cache.
  ClientMessage read(std::string_view text) {
    auto const with = std::get<ClientMessage>(read_client_message(text, &cache));
    auto const without = std::get<ClientMessage>(read_client_message(text));
    auto const& [a, b] = std::pair(with.parsed, without.parsed);
    for (auto const part : {&RawEnvelope::version, &RawEnvelope::client_info, &RawEnvelope::capabilities,
                            &RawEnvelope::log_level, &RawEnvelope::repeated}) {
      EXPECT_EQ(b.envelope.*part, a.envelope.*part);
    }
    EXPECT_EQ(b.meta, a.meta);
    EXPECT_EQ(b.name, a.name);
    EXPECT_EQ(b.progress_token, a.progress_token);
    EXPECT_EQ(b.meta_has_more, a.meta_has_more);
    EXPECT_EQ(b.ambiguous, a.ambiguous);
    return with;
  }
  bool knows(std::string_view meta) const { return cache.find(meta).bytes == meta.size(); }

  EnvelopeCache cache;
};

TEST_F(EnvelopeCacheTest, KnowsAnEnvelopeFromItsSecondRequestOn) {
  auto const meta = meta_of("c");
  auto const text = request(meta);
  EXPECT_FALSE(knows(meta));
  read(text);
  EXPECT_TRUE(knows(meta));
  auto const again = read(text);
  // Views of this request's text, whatever becomes of the cache.
  EXPECT_GE(again.parsed.envelope.client_info.data(), text.data());
  EXPECT_LT(again.parsed.envelope.client_info.data(), text.data() + text.size());
}

TEST_F(EnvelopeCacheTest, TellsClientsApart) {
  for (int round = 0; round < 2; ++round) {
    for (auto const* const client : {"a", "b", "a longer one", ""}) {
      auto const meta = meta_of(client);
      auto const text = request(meta);
      EXPECT_EQ(fmt::format(R"({{"name":"{}"}})", client), read(text).parsed.envelope.client_info);
    }
  }
}

TEST_F(EnvelopeCacheTest, StillValidatesWhatFollowsAKnownEnvelope) {
  read(request(meta_of("c")));
  for (auto const* const more : {"x", "}", ",", R"(,"name":)", "\x01"}) {
    auto const text = request(meta_of("c"), more);
    auto const read = read_client_message(text, &cache);
    auto const* const unreadable = std::get_if<rpc::Unreadable>(&read);
    ASSERT_NE(nullptr, unreadable) << more;
    EXPECT_EQ(rpc::ErrorCode::ParseError, unreadable->code);
  }
}

TEST_F(EnvelopeCacheTest, ReportsAnEnvelopeThatIsGivenTwiceAsIfItWereNotKnown) {
  read(request(meta_of("c")));
  read(request(meta_of("c"), R"(,"_meta":)" + meta_of("c")));
  read(request(meta_of("c"), R"(,"_meta":)" + meta_of("d")));
}

TEST_F(EnvelopeCacheTest, KeepsNothingThatDiffersFromRequestToRequest) {
  auto with = meta_of("c");
  with.insert(1, R"("progressToken":7,)");
  read(request(with));
  EXPECT_FALSE(knows(with));
  with = meta_of("c");
  with.insert(1, R"("traceparent":"00-1",)");
  read(request(with));
  EXPECT_FALSE(knows(with));
  auto const long_one = meta_of(std::string(EnvelopeCache::kMaxBytes, 'c'));
  read(request(long_one));
  EXPECT_FALSE(knows(long_one));
}

TEST_F(EnvelopeCacheTest, ForgetsTheOldestOfMoreThanFour) {
  for (auto const* const client : {"a", "b", "c", "d", "a", "e"}) read(request(meta_of(client)));
  EXPECT_FALSE(knows(meta_of("a")));
  for (auto const* const client : {"b", "c", "d", "e"}) EXPECT_TRUE(knows(meta_of(client))) << client;
}

TEST_F(EnvelopeCacheTest, LooksOnlyAtMetaOfParams) {
  read(request(meta_of("c")));
  auto const text = fmt::format(
      R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","_meta":{0},"params":{{"arguments":{{"_meta":{0}}},"name":{0}}}}})",
      meta_of("c"));
  EXPECT_TRUE(read(text).parsed.envelope.is_empty());
}

}  // namespace
}  // namespace gateway::mcp
