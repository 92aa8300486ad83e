// What those are told who are not let in, or ask for what is not there. A sentence
// each: what was expected, what was found, and what to change.
#pragma once

#include <string>
#include <string_view>

#include "gateway/auth/denial.h"
#include "gateway/frontend/admission.h"
#include "gateway/frontend/endpoint.h"

namespace gateway::frontend {

/// For 403. Also names what the operator would have to add, where it was meant well.
[[nodiscard]] std::string forbidden_text(Admitted const& judged);

/// For 401, for 403 where a scope is missing, and for 503 where nobody can say.
[[nodiscard]] std::string unauthorized_text(auth::Denial denial);

/// What a client needs to know to come with a token that is good enough.
struct Challenge {
  std::string_view realm{};
  std::string_view scopes{};    ///< that are needed, separated by spaces; may be empty
  std::string_view metadata{};  ///< URL of the protected resource metadata (RFC 9728); may be empty
};
/// A WWW-Authenticate field. (RFC 6750, section 3: no error code where no token was shown.)
[[nodiscard]] std::string challenge(auth::Denial denial, Challenge const& says);

/// For 404: the nearest path that is served, and the services. `here` is empty for those
/// who may not know them.
[[nodiscard]] std::string not_found_text(std::string_view path, ServedHere const& here);

}  // namespace gateway::frontend
