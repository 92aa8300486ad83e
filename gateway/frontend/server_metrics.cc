#include "gateway/frontend/server_metrics.h"

#include "gateway/frontend/http_tags.h"

namespace gateway::frontend {

namespace {

std::string_view label_of(http::StreamEnd end) {
  switch (end) {
    case http::StreamEnd::Done: return "done";
    case http::StreamEnd::Drain: return "drain";
    case http::StreamEnd::Client: return "client";
    case http::StreamEnd::Slow: return "slow";
    case http::StreamEnd::WriteTimeout: return "write_timeout";
  }
  return "client";
}

}  // namespace

void ServerMetrics::answered(http::RouteTag route, int status) { loop_.answered(route_of(route), status); }

void ServerMetrics::stream_opened(http::StreamTag stream) { loop_.stream_opened(service_of(stream), kind_of(stream)); }

void ServerMetrics::stream_closed(http::StreamTag stream, http::StreamEnd why) {
  loop_.stream_closed(service_of(stream), kind_of(stream), label_of(why));
}

}  // namespace gateway::frontend
