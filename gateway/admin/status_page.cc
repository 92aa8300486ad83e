#include "gateway/admin/status_page.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "gateway/auth/digest.h"

namespace gateway::admin {

/// Made of gateway/status_page/ by the build.
extern char const kStatusPageText[];

namespace {

std::string base64(auth::Digest const& bytes) {
  constexpr std::size_t kEncoded = 4 * ((std::tuple_size_v<auth::Digest> + 2) / 3);
  unsigned char text[kEncoded + 1];
  EVP_EncodeBlock(text, bytes.data(), static_cast<int>(bytes.size()));
  return std::string(reinterpret_cast<char const*>(text), kEncoded);
}

}  // namespace

std::string source_hash(std::string_view html, std::string_view name) {
  auto const open = fmt::format("<{}>", name);
  auto const from = html.find(open) + open.size();
  auto const to = html.find(fmt::format("</{}>", name), from);
  return fmt::format("'sha256-{}'", base64(auth::sha256(html.substr(from, to - from))));
}

StatusPage::StatusPage()
    : html_(kStatusPageText),
      policy_(
          fmt::format("Content-Security-Policy: default-src 'none'; script-src {}; style-src {}; connect-src 'self'; "
                      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                      "require-trusted-types-for 'script'\r\n",
                      source_hash(html_, "script"), source_hash(html_, "style"))) {}

}  // namespace gateway::admin
