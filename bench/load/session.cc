#include "bench/load/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace bench {

namespace {

/// What each request of the stateless revision says of its client.
constexpr std::string_view kEnvelope =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench-load","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},)";

constexpr std::size_t kSlowResult = 256 * 1024;  ///< of each call of a slow session

/// The value behind `name`, white space skipped; empty when the name is not there.
std::string_view value_of(std::string_view message, std::string_view name) {
  auto const at = message.find(name);
  if (at == message.npos) return {};
  auto const value = message.substr(at + name.size());
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

/// An error, or a result that says it is one.
bool is_failure(std::string_view answer) {
  return value_of(answer, R"("result":)").empty() || value_of(answer, R"("isError":)").starts_with("true");
}

}  // namespace

Session::Session(Options const& options, Tally& tally, int epoll, ssl_ctx_st* tls, std::size_t number)
    : options_(options),
      tally_(tally),
      number_(number),
      stream_(epoll, options.port, is_slow() ? Connection::Reading::Slowly : Connection::Reading::AtOnce, tls, *this),
      post_(epoll, options.port, Connection::Reading::AtOnce, tls, *this) {}

void Session::begin() {
  began_ = Clock::now();
  step_ = Step::Opening;
  next_id_ = 1;
  server_session_.clear();
  path_ = options_.path;
  auto const is_sse = options_.transport == Transport::Sse;
  if (!post_.open(source()) || (is_sse && !stream_.open(source()))) return on_lost();
  waits_for_answer_ = is_sse;
  if (!is_sse) return go_on();
  stream_.send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: text/event-stream\r\n{}\r\n", path_,
                           options_.port, options_.authorization()),
               "");
}

void Session::wake() {
  if (step_ != Step::Holding) return;
  if (!post_.open(source())) return on_lost();
  call();
}

// ── what comes ───────────────────────────────────────────────────────────────

void Session::on_text(std::string_view event, std::string_view text) {
  if (event == "endpoint") return take_endpoint(text);
  if (!value_of(text, R"("method":)").empty() && value_of(text, R"("result":)").empty()) return;  // not an answer
  if (waits_for_answer_ && has_my_id(text) && is_failure(text)) {
    is_refused_ = true;
    return tally_.failed(fmt::format("session {} got {}", number_, text));
  }
  if (!waits_for_answer_ || !is_answer(text)) {
    return tally_.wrong(fmt::format("session {} wants the answer to {} and got: {}", number_, expected_, text));
  }
  waits_for_answer_ = false;
  took_ = Clock::now() - (options_.mode == Mode::Churn ? began_ : asked_);
}

void Session::on_response_end(ReplyReader::Head const& head) {
  waits_for_accept_ = false;
  // Who knows no sessions need not accept that one is ended.
  if (head.status / 100 == 2 || step_ == Step::Leaving) return take_session(head.session);
  is_refused_ = true;
  tally_.failed(fmt::format("session {} was refused with {}", number_, head.status));
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
  close();
}

void Session::take_session(std::string_view id) {
  if (!id.empty()) server_session_ = fmt::format("Mcp-Session-Id: {}\r\n", id);
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

bool Session::has_my_id(std::string_view message) const {
  auto const id = value_of(message, R"("id":)");
  return id.starts_with(id_text_) && id.size() > id_text_.size() && !std::isdigit(id[id_text_.size()]);
}

bool Session::is_answer(std::string_view message) const {
  auto const name = step_ == Step::Initializing ? R"(serverInfo":)" : R"("text":)";
  return has_my_id(message) && value_of(message, name).starts_with(expected_);
}

// ── what is sent ─────────────────────────────────────────────────────────────

void Session::go_on() {
  switch (step_) {
    case Step::Opening: return options_.transport == Transport::Stateless ? discover() : initialize();
    case Step::Initializing: return options_.transport == Transport::Stateless ? call() : announce();
    case Step::Announcing: return options_.mode == Mode::Idle ? hold() : call();
    case Step::Calling:
      count_call();
      if (options_.mode == Mode::Churn) return leave();
      return options_.mode == Mode::Idle || calls_ == options_.calls_each() ? rest() : call();
    case Step::Leaving: return begin_again();
    case Step::Holding:
    case Step::Resting:
    case Step::Lost: return;
  }
}

void Session::initialize() {
  step_ = Step::Initializing;
  expected_.assign(1, '{');
  ask("initialize",
      R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench-load","version":"1"}})");
}

void Session::discover() {
  step_ = Step::Initializing;
  expected_.assign(1, '{');
  ask("server/discover", R"({"x":0})");
}

void Session::announce() {
  step_ = Step::Announcing;
  if (options_.transport == Transport::Http) server_session_.append("MCP-Protocol-Version: 2025-06-18\r\n");
  post("POST", R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
}

/// Only the stream stays: a client that idles keeps no second connection.
void Session::hold() {
  step_ = Step::Holding;
  post_.close();
}

void Session::call() {
  step_ = Step::Calling;
  if (is_slow()) return call_big(kSlowResult);
  return options_.result > 0 ? call_big(options_.result) : call_echo();
}

/// The lengths differ, so that an answer in wrong hands is seen here too.
void Session::call_big(std::size_t bytes) {
  bytes += (number_ * 131 + next_id_) % 997;
  expected_.assign(1, '"').append(bytes, 'x').push_back('"');
  auto const name = options_.tool_prefix + "big";
  ask("tools/call", fmt::format(R"({{"name":"{}","arguments":{{"bytes":{}}}}})", name, bytes), name);
}

void Session::call_echo() {
  auto text = fmt::format("{}-{}-{}-", number_, lives_, next_id_);
  if (text.size() < options_.payload) text.resize(options_.payload, 'x');
  auto const& tool = options_.echo;
  expected_ = fmt::format(R"("{}{}")", tool.before, text);
  auto const name = options_.tool_prefix + tool.name;
  ask("tools/call", fmt::format(R"({{"name":"{}","arguments":{{"{}":"{}"}}}})", name, tool.argument, text), name);
}

void Session::count_call() {
  ++calls_;
  if (!is_slow()) tally_.call(took_);
}

void Session::leave() {
  step_ = Step::Leaving;
  if (options_.transport != Transport::Http) return begin_again();
  post("DELETE", "");
}

void Session::begin_again() {
  if (calls_ == options_.calls_each()) return rest();
  close();
  ++lives_;
  begin();
}

void Session::rest() {
  step_ = Step::Resting;
  close();
}

void Session::close() {
  stream_.close();
  post_.close();
}

void Session::ask(std::string_view method, std::string_view params, std::string_view name) {
  id_text_ = fmt::to_string(next_id_++);
  waits_for_answer_ = true;
  asked_ = Clock::now();
  std::string fields;
  std::string_view envelope;
  if (options_.transport == Transport::Stateless) {
    envelope = kEnvelope;
    fields = fmt::format("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {}\r\n", method);
    if (!name.empty()) fields += fmt::format("Mcp-Name: {}\r\n", name);
  }
  post("POST",
       fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}{}}})", id_text_, method, envelope,
                   params.substr(1)),
       fields);
}

void Session::post(std::string_view method, std::string_view body, std::string_view more_fields) {
  waits_for_accept_ = true;
  post_.send(
      fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                  "Accept: application/json, text/event-stream\r\n{}{}{}Content-Length: {}\r\n\r\n",
                  method, path_, options_.port, options_.authorization(), server_session_, more_fields, body.size()),
      body);
}

}  // namespace bench
