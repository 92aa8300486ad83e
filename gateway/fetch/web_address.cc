#include "gateway/fetch/web_address.h"

#include <curl/curl.h>

#include <memory>
#include <new>

namespace gateway::fetch {

namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Parts = std::unique_ptr<CURLU, FreeUrl>;

Parts parts_of(std::string const& text) {
  Parts parts(curl_url());
  if (!parts) throw std::bad_alloc();
  if (curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) parts.reset();
  return parts;
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::optional<WebAddress> WebAddress::from(std::string_view text) {
  std::string const copy(text);
  if (copy.find_first_of(" \t\r\n") != copy.npos) return std::nullopt;
  auto const url = parts_of(copy);
  if (!url) return std::nullopt;
  auto const scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  WebAddress address;
  // Fragments are not sent.
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  address.text_ = part_of(url.get(), CURLUPART_URL);
  address.origin_ = scheme + "://" + part_of(url.get(), CURLUPART_HOST) + ":" +
                    part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto const before = address.text_;
  for (auto const part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY})
    curl_url_set(url.get(), part, nullptr, 0);
  address.shown_ = part_of(url.get(), CURLUPART_URL);
  address.has_secrets_ = address.shown_ != before;
  return address;
}

std::optional<WebAddress> WebAddress::resolve(std::string_view reference) const {
  auto const url = parts_of(text_);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(reference).c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  return from(part_of(url.get(), CURLUPART_URL));
}

}  // namespace gateway::fetch
