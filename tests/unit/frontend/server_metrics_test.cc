#include "gateway/frontend/server_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/frontend/http_tags.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {
namespace {

using metrics::Route;
using metrics::StreamKind;

constexpr ServiceKey kEchoKey{2};

class ServerMetricsTest : public ::testing::Test {
 protected:
  ServerMetricsTest() { registry.loop(0).serves(kEchoKey, registry.service("echo")); }

  [[nodiscard]] bool shows(std::string const& line) { return registry.text().find(line + "\n") != std::string::npos; }

  metrics::Metrics registry{{.version = "1", .revision = "r", .build_time = "t", .instance_id = "i"}};
  ServerMetrics server{registry.loop(0)};
};

TEST_F(ServerMetricsTest, TranslatesTheTagOfARoute) {
  server.answered(tag_of(Route::Mcp), 200);
  server.answered({}, 404);
  EXPECT_TRUE(shows(R"(mcp_gateway_http_requests_total{code="200",route="mcp"} 1)"));
  EXPECT_TRUE(shows(R"(mcp_gateway_http_requests_total{code="404",route="other"} 1)"));
}

TEST_F(ServerMetricsTest, TranslatesTheTagOfAStreamAndWhyItEnded) {
  server.stream_opened(stream_tag(kEchoKey, StreamKind::HttpGet));
  server.stream_opened(stream_tag(kEchoKey, StreamKind::HttpGet));
  server.stream_opened(kAdminStream);  // of no service: not counted
  server.stream_closed(stream_tag(kEchoKey, StreamKind::HttpGet), http::StreamEnd::WriteTimeout);
  EXPECT_TRUE(shows(R"(mcp_gateway_streams_active{kind="http_get",server="echo"} 1)"));
  EXPECT_TRUE(shows(R"(mcp_gateway_stream_disconnects_total{reason="write_timeout",server="echo"} 1)"));
}

}  // namespace
}  // namespace gateway::frontend
