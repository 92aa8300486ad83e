// What the gateway itself asks a child.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/mcp/call_table.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::backend {

/// One request of the gateway's own: what is sent, and what becomes of the answer. Lives
/// from being asked until it has ended.
class OwnQuestion {
 public:
  static constexpr Duration kUnlimited = Duration::max();

  struct Request {
    std::string_view method;
    std::string params;               ///< a raw JSON object
    Duration patience = seconds(60);  ///< how long its answer is waited for
    ClientId client{};                ///< in whose share it counts; 0: in nobody's
    bool timed_from_sending = false;  ///< its patience does not begin while it is queued
  };

  virtual ~OwnQuestion() = default;

  [[nodiscard]] virtual Request request() const = 0;
  /// Called once, however it ends. The child has answered where `outcome` is Ok, ToolError or
  /// RpcError; anything else says why it has not, and `reply` is an error of ours.
  virtual void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) = 0;
  /// Whether it still means something to the next run of the child, if it was not sent to this one.
  [[nodiscard]] virtual bool outlives_run() const { return false; }
};

/// Sends the questions of those who have some. One that cannot be sent ends before this returns.
class Asker {
 public:
  /// At once, whatever is queued. Only while the child is ready.
  virtual void ask(std::unique_ptr<OwnQuestion> question) = 0;
  /// In its turn, as a client's call.
  virtual void ask_in_turn(std::unique_ptr<OwnQuestion> question) = 0;

 protected:
  ~Asker() = default;
};

/// The questions that have not ended, by id.
class OwnQuestions {
 public:
  mcp::QuestionId add(std::unique_ptr<OwnQuestion> question) {
    auto const id = mcp::QuestionId{++last_};
    open_.emplace(id, std::move(question));
    return id;
  }
  [[nodiscard]] OwnQuestion const* find(mcp::QuestionId id) const {
    auto const found = open_.find(id);
    return found == open_.end() ? nullptr : found->second.get();
  }
  /// Null where it has ended.
  [[nodiscard]] std::unique_ptr<OwnQuestion> take(mcp::QuestionId id) {
    auto const taken = open_.extract(id);
    return taken.empty() ? nullptr : std::move(taken.mapped());
  }

 private:
  std::uint64_t last_ = 0;
  std::unordered_map<mcp::QuestionId, std::unique_ptr<OwnQuestion>> open_;
};

}  // namespace gateway::backend
