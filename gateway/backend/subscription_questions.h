// What a child is asked about resources, on behalf of the sessions that share it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "gateway/backend/own_question.h"

namespace gateway::backend {

/// resources/subscribe.
class Subscribe final : public OwnQuestion {
 public:
  class Owner {
   public:
    virtual void on_subscribed(std::string const& uri, mcp::Call const& call, mcp::Outcome outcome,
                               rpc::Reply const& reply) = 0;

   protected:
    ~Owner() = default;
  };

  /// `uri` is raw. `client` is the one for whom it is asked, if it is for one; clients wait for the
  /// answer, and as long as for any call of theirs.
  Subscribe(std::string uri, ClientId client, Duration patience, Owner& owner)
      : uri_(std::move(uri)), client_(client), patience_(patience), owner_(owner) {}

  [[nodiscard]] Request request() const override {
    return {.method = "resources/subscribe",
            .params = fmt::format(R"({{"uri":{}}})", uri_),
            .patience = patience_,
            .client = client_};
  }
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override {
    owner_.on_subscribed(uri_, call, outcome, reply);
  }

 private:
  std::string uri_;
  ClientId client_;
  Duration patience_;
  Owner& owner_;
};

/// resources/unsubscribe. Nobody waits for the answer.
class Unsubscribe final : public OwnQuestion {
 public:
  explicit Unsubscribe(std::string uri) : uri_(std::move(uri)) {}

  [[nodiscard]] Request request() const override {
    return {.method = "resources/unsubscribe", .params = fmt::format(R"({{"uri":{}}})", uri_)};
  }
  void ended(mcp::Call const&, mcp::Outcome, rpc::Reply const&) override {}

 private:
  std::string uri_;
};

}  // namespace gateway::backend
