// Who is told what became of the sources of tokens and keys.
#pragma once

#include <string_view>

namespace gateway::auth {

/// Where tokens, keys and answers about them come from.
struct Source {
  std::string_view kind{};   ///< tokens_file, jwks or introspection
  std::string_view which{};  ///< a path or the name of an issuer
};

class Observer {
 public:
  /// `trouble` is why it could not be used, and then what was known stays in use; empty when it was read.
  virtual void on_source_read(Source const& source, std::string_view trouble) = 0;

 protected:
  ~Observer() = default;
};

}  // namespace gateway::auth
