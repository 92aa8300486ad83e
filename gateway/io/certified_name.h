// Whom a certificate names.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/base/principal.h"

struct x509_st;
struct asn1_string_st;

namespace gateway::io {

/// Where in a certificate the name of its holder is.
enum class CertifiedName : std::uint8_t {
  CommonName,  ///< of the subject
  Email,       ///< the last three are alternative names
  Dns,
  Uri,
};

/// The name, which is UTF-8 without control characters; empty where there is none, or more than one.
[[nodiscard]] std::string name_in(x509_st const* certificate, CertifiedName where);

/// A time of a certificate; 1970 where it has none that can be read.
[[nodiscard]] UnixTime unix_time(asn1_string_st const* time);

}  // namespace gateway::io
