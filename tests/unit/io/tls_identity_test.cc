#include "gateway/io/tls_identity.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/fakes/tls_certificates.h"

namespace gateway::io {
namespace {

using In = TlsFault::In;

class TlsIdentityTest : public ::testing::Test {
 protected:
  static std::variant<TlsIdentity, TlsFault> make(std::string_view chain, std::string_view key) {
    return TlsIdentity::make({.chain = chain, .key = key}, {});
  }
  static TlsFault fault(std::string_view chain, std::string_view key) {
    auto const made = make(chain, key);
    auto const* const found = std::get_if<TlsFault>(&made);
    return found == nullptr ? TlsFault{In::Key, "no fault"} : *found;
  }

  fakes::TestAuthority authority;
  fakes::Issued issued = authority.issue();
};

TEST_F(TlsIdentityTest, KnowsWhenTheFirstOfItsCertificatesExpires) {
  auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto const shorter = authority.issue({.valid_from = -100, .valid_for = 100});
  auto const made = make(issued.certificate + shorter.certificate, issued.key);
  auto const& identity = std::get<TlsIdentity>(made);
  EXPECT_NEAR(100.0, static_cast<double>((identity.expires() - now).count()), 5);
  EXPECT_NEAR(-3600.0, static_cast<double>((identity.begins() - now).count()), 5);
}

TEST_F(TlsIdentityTest, TakesOneFileForBoth) {
  auto const both = issued.key + "a remark\n" + issued.certificate;
  EXPECT_TRUE(std::holds_alternative<TlsIdentity>(make(both, both)));
}

TEST_F(TlsIdentityTest, SaysWhichFileIsAtFault) {
  auto const other = authority.issue();
  auto const mismatch = fault(issued.certificate, other.key);
  EXPECT_EQ(In::Key, mismatch.in);
  EXPECT_EQ("the key is not that of the certificate", mismatch.why);

  auto const order = fault(authority.certificate() + issued.certificate, issued.key);
  EXPECT_EQ(In::Certificate, order.in);
  EXPECT_EQ("expected the server's own certificate first, found another before it", order.why);

  EXPECT_EQ("expected certificates in PEM, found none", fault("", issued.key).why);
  EXPECT_EQ("expected certificates in PEM, found none", fault(issued.key, issued.key).why);
  EXPECT_EQ("expected a private key in PEM, found none", fault(issued.certificate, "").why);
  EXPECT_EQ(In::Key, fault(issued.certificate, issued.certificate).in);

  auto cut = issued.certificate;
  cut.resize(cut.size() / 2);
  EXPECT_TRUE(fault(cut, issued.key).why.starts_with("its certificate 1 cannot be read ("));
  EXPECT_TRUE(fault(issued.certificate + cut, issued.key).why.starts_with("its certificate 2 cannot be read ("));
  auto half_key = issued.key;
  half_key.resize(half_key.size() / 2);
  EXPECT_TRUE(fault(issued.certificate, half_key).why.starts_with("its private key cannot be read ("));
}

TEST_F(TlsIdentityTest, AsksForNoPassphrase) {
  std::string_view const encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjSbhyQdRCjHAICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_EQ("expected a key without a passphrase, found one with", fault(issued.certificate, encrypted).why);
}

TEST_F(TlsIdentityTest, NeedsAuthoritiesOnlyWhereClientsAreAsked) {
  auto const made = [&](TlsClients clients, std::string_view ca) {
    return TlsIdentity::make({.chain = issued.certificate, .key = issued.key, .client_ca = ca}, {.clients = clients});
  };
  EXPECT_TRUE(std::holds_alternative<TlsIdentity>(made(TlsClients::Anonymous, "")));
  auto const none = made(TlsClients::MayCertify, "");
  ASSERT_TRUE(std::holds_alternative<TlsFault>(none));
  EXPECT_EQ(In::ClientCa, std::get<TlsFault>(none).in);
  EXPECT_TRUE(std::holds_alternative<TlsIdentity>(made(TlsClients::MustCertify, authority.certificate())));
  auto const cut = authority.certificate() + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
  auto const bad_list = made(TlsClients::MustCertify, cut);
  ASSERT_TRUE(std::holds_alternative<TlsFault>(bad_list));
  EXPECT_TRUE(std::get<TlsFault>(bad_list).why.starts_with("one of its revocation lists cannot be read ("));
}

}  // namespace
}  // namespace gateway::io
