#include "gateway/frontend/admission.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

using fakes::ParsedRequest;

/// How a request is judged.
Admitted judged(http::RequestHead const& head) {
  config::GatewayConfig config;
  config.allowed_hosts = {"gateway.example.com"};
  config.allowed_origins = {"https://chat.example.com", "https://chat.example.com:8443"};
  return Admission(config).judge(head, Endpoints({{ServiceKey{1}, "echo"}, {ServiceKey{2}, "Notes"}}, false));
}

/// The reason a request is refused for, or "".
std::string refused_for(std::string const& host, std::string const& field = "X: y") {
  ParsedRequest const request{"GET /mcp HTTP/1.1", "Host: " + host, field};
  auto const admitted = judged(request.head);
  EXPECT_EQ(admitted.allowed, admitted.reason.empty());
  return std::string(admitted.reason);
}

TEST(Admission, TakesTheHostsThatMeanThisGateway) {
  for (auto const* const host : {"localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1", "127.1.2.3:80", "[::1]",
                                 "[::1]:8080", "10.0.0.7:8080", "192.168.1.1", "[fe80::1]:80", "gateway.example.com",
                                 "Gateway.Example.com.:443", "mcp-echo", "MCP-ECHO:80", "mcp-notes"}) {
    EXPECT_EQ("", refused_for(host)) << host;
  }
}

TEST(Admission, RefusesAHostThatOnlyPointsHere) {
  for (auto const* const host :
       {"evil.example.com", "localhost.evil.com", "127.0.0.1.evil.com", "evil.gateway.example.com", "mcp-other", "echo",
        "gateway.example.com.evil.com", "localhost..", "1.2.3", "0x7f000001", "mcp-echo.evil.com"}) {
    EXPECT_EQ("host", refused_for(host)) << host;
  }
}

TEST(Admission, RefusesARequestWithoutAHost) {
  ParsedRequest const request{"GET /mcp HTTP/1.0"};
  EXPECT_EQ("host", judged(request.head).reason);
}

TEST(Admission, TakesTheOriginsOfThisMachineAndTheConfiguredOnes) {
  for (auto const* const origin :
       {"http://localhost", "http://localhost:3000", "https://LOCALHOST:1", "http://127.0.0.1:6274", "http://[::1]:80",
        "https://[::1]", "https://chat.example.com", "HTTPS://Chat.Example.com", "https://chat.example.com:8443"}) {
    EXPECT_EQ("", refused_for("localhost", std::string("Origin: ") + origin)) << origin;
  }
}

TEST(Admission, RefusesEveryOtherOrigin) {
  for (auto const* const origin : {"null",
                                   "",
                                   "localhost",
                                   "http://evil.com",
                                   "http://chat.example.com",
                                   "https://chat.example.com:1",
                                   "https://chat.example.com.evil.com",
                                   "http://localhost.evil.com",
                                   "http://localhost@evil.com",
                                   "http://localhost:80@evil.com",
                                   "http://[::1].evil.com",
                                   "http://[::1]evil",
                                   "http://127.0.0.1.evil.com",
                                   "http://10.0.0.7",
                                   "file://",
                                   "ftp://localhost",
                                   "chrome-extension://abc",
                                   "http://",
                                   "http://localhost/evil",
                                   "http://localhost evil",
                                   "http://[::1",
                                   "http://::1"}) {
    EXPECT_EQ("origin", refused_for("localhost", std::string("Origin: ") + origin)) << origin;
  }
}

TEST(Admission, RefusesTwoOrigins) {
  ParsedRequest const request{"GET / HTTP/1.1", "Host: localhost", "Origin: http://localhost",
                              "Origin: http://localhost"};
  EXPECT_EQ("origin", judged(request.head).reason);
}

TEST(Admission, GivesTheOriginBackForTheAnswer) {
  ParsedRequest const request{"GET / HTTP/1.1", "Host: localhost", "Origin: http://localhost:3000"};
  EXPECT_EQ("http://localhost:3000", judged(request.head).origin);
  ParsedRequest const without{"GET / HTTP/1.1", "Host: localhost"};
  EXPECT_EQ("", judged(without.head).origin);
}

TEST(Admission, RefusesWhatABrowserFetchesForAnotherSite) {
  EXPECT_EQ("fetch_site", refused_for("localhost", "Sec-Fetch-Site: cross-site"));
  EXPECT_EQ("fetch_site", refused_for("localhost", "Sec-Fetch-Site: same-site"));
  EXPECT_EQ("", refused_for("localhost", "Sec-Fetch-Site: same-origin"));
  EXPECT_EQ("", refused_for("localhost", "Sec-Fetch-Site: none"));
}

TEST(Admission, TrustsAnAllowedOriginAcrossSites) {
  ParsedRequest const request{"POST / HTTP/1.1", "Host: localhost", "Origin: https://chat.example.com",
                              "Sec-Fetch-Site: cross-site"};
  EXPECT_TRUE(judged(request.head).allowed);
}

TEST(HostName, IsLowerCaseWithoutPortBracketsAndDot) {
  EXPECT_EQ("a.example", host_name("A.Example:80"));
  EXPECT_EQ("a.example", host_name("a.example."));
  EXPECT_EQ("::1", host_name("[::1]:80"));
  EXPECT_EQ("", host_name("[::1"));
  EXPECT_EQ("", host_name(""));
}

}  // namespace
}  // namespace gateway::frontend
