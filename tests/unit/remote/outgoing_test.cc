#include "gateway/remote/outgoing.h"

#include <gtest/gtest.h>

#include "gateway/mcp/header_value.h"

namespace gateway::remote {
namespace {

Outgoing outgoing(std::string_view line) { return std::get<Outgoing>(read_outgoing(line)); }

TEST(Outgoing, KeepsItsBytesAndWhatDecidesAboutItsWay) {
  auto const* const text =
      R"({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{"b": 1.0}}})";
  auto const message = outgoing(text);
  EXPECT_EQ(text, message.text);
  EXPECT_EQ("\"a\"", message.id);
  EXPECT_EQ(mcp::Method::ToolsCall, message.method);
  EXPECT_TRUE(message.is_request());
  EXPECT_FALSE(message.is_stateless());
}

TEST(Outgoing, SaysWhichRequestItCancels) {
  EXPECT_EQ("7", outgoing(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})").cancels);
}

TEST(Outgoing, RepeatsItselfInHeadersInTheStatelessRevision) {
  auto const message = outgoing(
      R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///é","_meta":{)"
      R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})");
  EXPECT_TRUE(message.is_stateless());
  EXPECT_EQ((std::vector<std::string>{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: resources/read",
                                      "Mcp-Name: =?base64?ZmlsZTovLy/DqQ==?="}),
            stateless_fields(message));
}

TEST(Outgoing, EncodesWhatAHeaderCannotHold) {
  for (auto const* const text : {"plain", "a b", "é", " x", "x ", "", "=?base64?eA==?=", "a\nb"})
    EXPECT_EQ(text, mcp::decoded(header_value_for(text))) << text;
  EXPECT_EQ("a b", header_value_for("a b"));
}

TEST(Outgoing, IsRefusedWhenItIsNoMessage) {
  EXPECT_TRUE(std::holds_alternative<rpc::Unreadable>(read_outgoing("{}")));
  EXPECT_TRUE(std::holds_alternative<rpc::Unreadable>(read_outgoing("no")));
}

}  // namespace
}  // namespace gateway::remote
