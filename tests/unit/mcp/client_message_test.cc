#include "gateway/mcp/client_message.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

TEST(ClientMessage, IsReadWithItsParamsInOnePass) {
  constexpr std::string_view kText = R"({"jsonrpc":"2.0","id":1,"result_":0,"method":"tools/call","params":{
      "name":"n","arguments":{"name":"other","_meta":{"progressToken":7}},"more":1,
      "_m\u0065ta":{"progressToken":9,"io.modelcontextprotocol/logLevel":"info","x":{}}}})";
  auto const read = read_client_message(kText);
  auto const& message = std::get<ClientMessage>(read);
  EXPECT_EQ("tools/call", message.method);
  auto const& params = message.parsed;
  EXPECT_EQ(message.params, params.raw);
  EXPECT_EQ(R"("n")", params.name);
  EXPECT_EQ("9", params.progress_token);
  EXPECT_EQ(R"("info")", params.envelope.log_level);
  EXPECT_TRUE(params.has_more && params.meta_has_more);
  EXPECT_FALSE(params.ambiguous);
}

TEST(ClientMessage, TakesNothingForParamsThatIsElsewhere) {
  for (auto const* const text :
       {R"({"jsonrpc":"2.0","id":1,"method":"ping","other":{"name":"n","_meta":{"progressToken":1}}})",
        R"({"jsonrpc":"2.0","id":1,"result":{"name":"n","_meta":{"progressToken":1}}})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})"}) {
    auto const read = read_client_message(text);
    auto const& params = std::get<ClientMessage>(read).parsed;
    EXPECT_TRUE(params.raw.empty() && params.name.empty() && params.meta.empty() && params.progress_token.empty())
        << text;
  }
}

TEST(ClientMessage, IsRefusedAsWithoutParams) {
  auto const read = read_client_message(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"n",}})");
  EXPECT_EQ(rpc::ErrorCode::ParseError, std::get<rpc::Unreadable>(read).code);
}

TEST(ClientMessage, HasNoParamsInAnAnswerWhateverStandsThere) {
  auto const read =
      read_client_message(R"({"jsonrpc":"2.0","id":1,"result":{},"params":{"_meta":{"a":1},"name":"x"}})");
  auto const& message = std::get<ClientMessage>(read);
  EXPECT_TRUE(message.params.empty());
  EXPECT_TRUE(message.parsed.name.empty() && message.parsed.meta.empty());
}

}  // namespace
}  // namespace gateway::mcp
