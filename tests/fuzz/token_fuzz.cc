// Tokens, keys and metadata as strangers may write them: whatever is read keeps its bounds, and nothing that is not
// ours is taken for an algorithm.
//
// The first byte says what the rest is: a token, a JWKS, metadata, or an answer about a token.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "gateway/auth/discovery.h"
#include "gateway/auth/introspection.h"
#include "gateway/auth/jwt.h"
#include "gateway/auth/key_set.h"

namespace {

using namespace gateway::auth;

void expect(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void read_token(std::string_view text) {
  auto const read = read_jwt(text);
  if (auto const* const denial = std::get_if<Denial>(&read)) {
    expect(*denial == Denial::Malformed || *denial == Denial::WrongAlgorithm, "an unread token has one of two reasons");
    return;
  }
  auto const& jwt = std::get<Jwt>(read);
  expect(text.size() <= kLongestToken, "no longer token is read");
  expect(algorithm_from(to_text(jwt.algorithm)) == jwt.algorithm, "the algorithm is one of ours");
  expect(text.starts_with(jwt.signed_part) && text[jwt.signed_part.size()] == '.', "what is signed is its front");
  expect(!jwt.claims.issuer.empty(), "it names its issuer");
  auto const principal = principal_of(jwt.claims, "i", gateway::Credential::Jwt);
  expect(!principal || principal->id.name.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos,
         "a name is one line");
}

void read_keys(std::string_view text) {
  auto const keys = KeySet::read(text);
  if (keys) expect(keys->size() > 0 && keys->size() <= KeySet::kMostKeys && keys->is_within(*keys), "a set has keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const text(reinterpret_cast<char const*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'k': read_keys(text); break;
    case 'm': (void)read_metadata(text, "https://i"); break;
    case 'a': (void)read_introspection(text, "https://i"); break;
    default: read_token(text);
  }
  return 0;
}
