#include "bench/load/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace bench {

namespace {

/// The value behind `name`, white space skipped; empty when the name is not there.
std::string_view value_of(std::string_view message, std::string_view name) {
  auto const at = message.find(name);
  if (at == message.npos) return {};
  auto const value = message.substr(at + name.size());
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

}  // namespace

Session::Session(Options const& options, Tally& tally, int epoll, std::size_t number)
    : options_(options),
      tally_(tally),
      number_(number),
      stream_(epoll, options.port, *this),
      post_(epoll, options.port, *this) {}

void Session::begin() {
  began_ = Clock::now();
  step_ = Step::Opening;
  next_id_ = 1;
  server_session_.clear();
  path_ = options_.path;
  auto const is_sse = options_.transport == Transport::Sse;
  auto const source = static_cast<std::uint8_t>(options_.mode == Mode::Churn ? 1 + lives_ % 16 : 0);
  if (!post_.open(source) || (is_sse && !stream_.open(source))) return on_lost();
  waits_for_answer_ = is_sse;
  if (!is_sse) return go_on();
  stream_.send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: text/event-stream\r\n\r\n",
                           path_, options_.port),
               "");
}

// ── what comes ───────────────────────────────────────────────────────────────

void Session::on_text(std::string_view event, std::string_view text) {
  if (event == "endpoint") return take_endpoint(text);
  if (!value_of(text, R"("method":)").empty() && value_of(text, R"("result":)").empty())
    return;  // not an answer
  if (!waits_for_answer_ || !is_answer(text)) {
    return tally_.wrong(
        fmt::format("session {} wants the answer to {} and got: {}", number_, expected_, text));
  }
  waits_for_answer_ = false;
  took_ = Clock::now() - (options_.mode == Mode::Churn ? began_ : asked_);
}

void Session::on_response_end(ReplyReader::Head const& head) {
  waits_for_accept_ = false;
  // Who knows no sessions need not accept that one is ended.
  is_refused_ = head.status / 100 != 2 && step_ != Step::Leaving;
  if (!head.session.empty()) server_session_ = fmt::format("Mcp-Session-Id: {}\r\n", head.session);
  if (is_refused_) tally_.failed(fmt::format("session {} was refused with {}", number_, head.status));
}

void Session::on_read() {
  if (is_refused_) return lose();
  if (!waits_for_accept_ && !waits_for_answer_) go_on();
}

void Session::on_lost() {
  tally_.failed(fmt::format("session {} lost its connection", number_));
  lose();
}

void Session::lose() {
  step_ = Step::Lost;
  stream_.close();
  post_.close();
}

/// Absolute, by path, or relative to the path of the stream.
void Session::take_endpoint(std::string_view reference) {
  if (auto const scheme = reference.find("://"); scheme != reference.npos) {
    reference.remove_prefix(std::min(reference.find('/', scheme + 3), reference.size()));
  }
  auto const folder = reference.starts_with('/') ? 0 : options_.path.rfind('/') + 1;
  path_ = options_.path.substr(0, folder).append(reference);
  waits_for_answer_ = false;
}

bool Session::is_answer(std::string_view text) const {
  auto const id = value_of(text, R"("id":)");
  auto const right_id =
      id.starts_with(id_text_) && id.size() > id_text_.size() && !std::isdigit(id[id_text_.size()]);
  auto const name = step_ == Step::Initializing ? R"("serverInfo":)" : R"("text":)";
  return right_id && value_of(text, name).starts_with(expected_);
}

// ── what is sent ─────────────────────────────────────────────────────────────

void Session::go_on() {
  switch (step_) {
    case Step::Opening:
      return initialize();
    case Step::Initializing:
      return announce();
    case Step::Announcing:
      return call();
    case Step::Calling:
      count_call();
      if (options_.mode == Mode::Churn) return leave();
      return calls_ == options_.calls_each() ? rest() : call();
    case Step::Leaving:
      return begin_again();
    case Step::Resting:
    case Step::Lost:
      return;
  }
}

void Session::initialize() {
  step_ = Step::Initializing;
  expected_.assign(1, '{');
  ask("initialize",
      R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench-load","version":"1"}})");
}

void Session::announce() {
  step_ = Step::Announcing;
  if (options_.transport == Transport::Http) server_session_.append("MCP-Protocol-Version: 2025-06-18\r\n");
  post("POST", R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
}

void Session::call() {
  step_ = Step::Calling;
  if (options_.result > 0) {
    auto const bytes = options_.result + (number_ * 131 + next_id_) % 997;
    expected_.assign(1, '"').append(bytes, 'x').push_back('"');
    return ask("tools/call", fmt::format(R"({{"name":"big","arguments":{{"bytes":{}}}}})", bytes));
  }
  expected_ = fmt::format("\"{}-{}-{}-", number_, lives_, next_id_);
  if (expected_.size() < options_.payload + 1) expected_.resize(options_.payload + 1, 'x');
  expected_.push_back('"');
  ask("tools/call", fmt::format(R"({{"name":"{}","arguments":{{"text":{}}}}})", options_.tool, expected_));
}

void Session::count_call() {
  ++calls_;
  tally_.call(took_);
}

void Session::leave() {
  step_ = Step::Leaving;
  if (options_.transport == Transport::Sse) return begin_again();
  post("DELETE", "");
}

void Session::begin_again() {
  stream_.close();
  post_.close();
  ++lives_;
  if (calls_ == options_.calls_each()) return rest();
  begin();
}

void Session::rest() { step_ = Step::Resting; }

void Session::ask(std::string_view method, std::string_view params) {
  id_text_ = fmt::to_string(next_id_++);
  waits_for_answer_ = true;
  asked_ = Clock::now();
  post("POST",
       fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id_text_, method, params));
}

void Session::post(std::string_view method, std::string_view body) {
  waits_for_accept_ = true;
  post_.send(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                         "Accept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n",
                         method, path_, options_.port, server_session_, body.size()),
             body);
}

}  // namespace bench
