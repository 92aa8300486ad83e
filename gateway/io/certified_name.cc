#include "gateway/io/certified_name.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <string_view>

#include "gateway/base/utf8.h"

namespace gateway::io {

namespace {

/// As long as the subject of a token may be.
constexpr std::size_t kLongestName = 256;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

/// Empty for a text that cannot be a principal's name.
std::string text_of(ASN1_STRING const* found) {
  unsigned char* bytes = nullptr;
  auto const size = ASN1_STRING_to_UTF8(&bytes, found);
  if (size < 0) return {};
  std::string text(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  auto const is_name = text.size() <= kLongestName && is_utf8(text) &&
                       std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return is_name ? text : std::string{};
}

std::string common_name(X509 const* certificate) {
  auto const* const subject = X509_get_subject_name(certificate);
  auto const at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

int type_of(CertifiedName where) {
  switch (where) {
    case CertifiedName::Email: return GEN_EMAIL;
    case CertifiedName::Dns: return GEN_DNS;
    case CertifiedName::Uri:
    case CertifiedName::CommonName: return GEN_URI;
  }
  return GEN_URI;
}

std::string alternative_name(X509 const* certificate, int type) {
  auto* const read = X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr);
  std::unique_ptr<GENERAL_NAMES, FreeNames> const names(static_cast<GENERAL_NAMES*>(read));
  ASN1_STRING const* found = nullptr;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto const* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != type) continue;
    if (found != nullptr) return {};
    found = name->d.ia5;
  }
  return found == nullptr ? std::string{} : text_of(found);
}

}  // namespace

std::string name_in(x509_st const* certificate, CertifiedName where) {
  return where == CertifiedName::CommonName ? common_name(certificate) : alternative_name(certificate, type_of(where));
}

UnixTime unix_time(asn1_string_st const* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return UnixTime{};
  return UnixTime{std::chrono::seconds(timegm(&parts))};
}

}  // namespace gateway::io
