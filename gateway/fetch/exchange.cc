#include "gateway/fetch/exchange.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

#include "gateway/base/ascii.h"

namespace gateway::fetch {

static_assert(CURL_ERROR_SIZE == 256);

std::string_view Head::find(std::string_view name) const {
  auto const found = std::ranges::find_if(fields, [&](auto const& f) { return equal_ignoring_case(f.first, name); });
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

Exchange::Exchange(CurlLoop& curl, Request request, Listener& listener)
    : curl_(curl), request_(std::move(request)), listener_(&listener), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  describe();
  describe_body();
  curl_.add(easy_, *this);
}

Exchange::~Exchange() {
  if (listener_ != nullptr) curl_.remove(easy_);  // one that was left may outlive the rest
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(field_list_));
}

void Exchange::leave(std::unique_ptr<Exchange> exchange) {
  if (!exchange) return;
  exchange->listener_ = nullptr;
  exchange->curl_.remove(exchange->easy_);
  auto& loop = exchange->curl_.loop();
  loop.bury(std::move(exchange));
}

void Exchange::describe() {
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  if (request_.whole_timeout)
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.whole_timeout->count()));
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "mcp-gateway");
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, why_.data());
  if (!request_.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, request_.ca_file.c_str());
  if (!request_.user.empty()) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy_, CURLOPT_USERNAME, request_.user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, request_.password.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Exchange::on_line);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Exchange::on_bytes);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

void Exchange::describe_body() {
  auto* list = curl_slist_append(nullptr, "Expect:");  // a server that does not know it would cost a second
  for (auto const& field : request_.fields) list = curl_slist_append(list, field.c_str());
  field_list_ = list;
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, list);
  if (request_.method != "POST") {
    if (request_.method != "GET") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    return;
  }
  // libcurl repeats a request when a connection it used again turns out to be closed. It cannot repeat a body that it is
  // given piece by piece, and fails, which is wanted: the server may have carried it out.
  curl_easy_setopt(easy_, CURLOPT_POST, 1L);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Exchange::on_upload);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
}

std::size_t Exchange::on_upload(char* room, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  auto const rest = std::string_view(exchange.request_.body).substr(exchange.uploaded_);
  auto const taken = std::min(rest.size(), size * count);
  std::memcpy(room, rest.data(), taken);
  exchange.uploaded_ += taken;
  return taken;
}

std::size_t Exchange::on_line(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  std::string_view line(bytes, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  exchange.take_line(line);
  return size * count;
}

/// There may be several heads: of 1xx answers, and of a proxy's.
void Exchange::take_line(std::string_view line) {
  if (head_is_whole_) return;  // fields behind the body
  if (line.starts_with("HTTP/")) {
    head_ = {};
    auto const space = std::min(line.find(' '), line.size());
    auto const code = line.substr(std::min(space + 1, line.size()), 3);
    std::from_chars(code.data(), code.data() + code.size(), head_.status);
    return;
  }
  if (line.empty()) {
    long connect = 0;
    curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &connect);
    long answered = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &answered);
    auto const is_of_proxy = connect != 0 && answered == 0;
    if (head_.status < 200 || is_of_proxy) return;
    head_is_whole_ = true;
    return curl_.touch(easy_);
  }
  auto const colon = line.find(':');
  if (colon == line.npos) return;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  head_.fields.emplace_back(line.substr(0, colon), value);
}

std::size_t Exchange::on_bytes(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (!exchange.curl_.takes(exchange.easy_)) return CURL_WRITEFUNC_PAUSE;
  exchange.came_.append(bytes, size * count);
  exchange.curl_.touch(exchange.easy_);
  return size * count;
}

void Exchange::on_progress() {
  if (head_is_whole_ && !std::exchange(head_is_told_, true)) listener_->on_head(*this, head_);
  if (listener_ == nullptr || came_.empty()) return;
  auto const bytes = std::exchange(came_, {});
  listener_->on_body(*this, bytes);
}

void Exchange::on_finished(int code) {
  if (listener_ == nullptr) return;
  listener_->on_end(*this, code == CURLE_OK ? std::nullopt : std::optional(failure_of(code)));
}

Failure Exchange::failure_of(int code) const {
  std::string_view const detail = why_.data();
  Failure failure;
  failure.what = detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(code)) : std::string(detail);
  failure.was_sent = uploaded_ == request_.body.size() && (uploaded_ > 0 || head_is_whole_);
  long number = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &number);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: failure.kind = Failure::Kind::Name; break;
    case CURLE_COULDNT_CONNECT:
      failure.kind = Failure::Kind::Connect;
      if (number != 0) failure.what = std::strerror(static_cast<int>(number));
      break;
    case CURLE_OPERATION_TIMEDOUT: failure.kind = Failure::Kind::Timeout; break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS: failure.kind = Failure::Kind::Tls; break;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: failure.kind = Failure::Kind::Cut; break;
    case CURLE_SEND_FAIL_REWIND:  // libcurl wanted to send it again
      failure.kind = Failure::Kind::Cut;
      failure.what = "the server closed the connection without an answer";
      break;
    default: break;
  }
  return failure;
}

}  // namespace gateway::fetch
