// What a client's certificate says of it.
#pragma once

#include <string>

#include "gateway/base/principal.h"

namespace gateway {

/// Of a client whose certificate was verified and that has its key.
struct ClientCertificate {
  std::string name{};  ///< whom it names; empty where it names nobody, or several
  UnixTime expires{};
};

}  // namespace gateway
