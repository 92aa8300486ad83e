#include "gateway/io/tls_session.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/io/tls_server.h"
#include "gateway/io/tls_trust.h"
#include "tests/fakes/tls_client.h"

namespace gateway::io {
namespace {

using namespace std::string_literals;
using fakes::TestAuthority;
using fakes::TlsClient;

TlsIdentity identity_of(fakes::Issued const& issued, TlsRules const& rules = {}, std::string_view client_ca = {}) {
  auto made = TlsIdentity::make({.chain = issued.certificate, .key = issued.key, .client_ca = client_ca}, rules);
  auto const* const fault = std::get_if<TlsFault>(&made);
  EXPECT_EQ(nullptr, fault) << fault->why;
  return std::get<TlsIdentity>(std::move(made));
}

/// A session and a client that trusts its certificate, without anything in between.
class TlsSessionTest : public ::testing::Test {
 protected:
  /// What the client says, in pieces of at most `piece` bytes, in a buffer laid out as a stream's.
  std::string deliver(std::string_view sealed, std::size_t piece = 1u << 20) {
    std::string plain;
    for (; !sealed.empty(); sealed.remove_prefix(std::min(piece, sealed.size()))) {
      auto const part = sealed.substr(0, piece);
      std::vector<char> buffer(TlsSession::kLead + part.size());
      std::memcpy(buffer.data() + TlsSession::kLead, part.data(), part.size());
      plain += session->unseal({buffer.data() + TlsSession::kLead, part.size()}, buffer.data());
    }
    return plain;
  }
  std::string take_unsent() {
    std::string taken(session->unsent());
    session->sent(taken.size());
    return taken;
  }
  /// Moves bytes until neither has more to say. What the server read.
  std::string exchange(TlsClient& client, std::size_t piece = 1u << 20) {
    std::string plain;
    for (int i = 0; i < 10; ++i) {
      plain += deliver(client.to_send(), piece);
      client.hear(take_unsent());
    }
    return plain;
  }

  TestAuthority authority;
  TlsServer server{identity_of(authority.issue())};
  std::unique_ptr<TlsSession> session = server.accept();
};

TEST_F(TlsSessionTest, CarriesBytesBothWays) {
  TlsClient client({.authority = authority.certificate()});
  EXPECT_EQ("", exchange(client));
  ASSERT_TRUE(client.is_open()) << client.trouble();
  EXPECT_EQ(TlsSession::State::Open, session->state());
  EXPECT_EQ("1.3", session->version());
  client.say("question");
  EXPECT_TRUE(session->seal("answer"));
  EXPECT_EQ("question", exchange(client));
  EXPECT_EQ("answer", client.heard());
}

TEST_F(TlsSessionTest, SpeaksTheOlderVersionToo) {
  TlsClient client({.authority = authority.certificate(), .newest = TLS1_2_VERSION});
  exchange(client);
  ASSERT_TRUE(client.is_open()) << client.trouble();
  EXPECT_EQ("1.2", session->version());
  client.say("question");
  EXPECT_EQ("question", exchange(client));
}

TEST_F(TlsSessionTest, GivesWhatComesWithTheEndOfTheHandshake) {
  TlsClient client;
  deliver(client.to_send());
  client.hear(take_unsent());
  client.say("at once");
  EXPECT_EQ("at once", deliver(client.to_send()));
}

TEST_F(TlsSessionTest, KeepsNothingBackThatWasReceivedWhole) {
  TlsClient client;
  exchange(client);
  std::string said, read, sealed;
  for (int i = 0; i < 200; ++i) {
    auto const part = std::string(static_cast<std::size_t>(i * 157), static_cast<char>('a' + i % 26));
    client.say(part);
    said += part;
  }
  // Cut anywhere: in a header, in a record, between two.
  sealed = client.to_send();
  for (std::size_t at = 0, piece = 1; at < sealed.size(); at += piece, piece = (piece * 7 + 3) % 240'000 + 1)
    read += deliver(std::string_view(sealed).substr(at, piece));
  EXPECT_TRUE(said == read);
}

TEST_F(TlsSessionTest, ReadsAHandshakeOfSingleBytes) {
  TlsClient client({.authority = authority.certificate()});
  exchange(client, 1);
  ASSERT_TRUE(client.is_open());
  client.say("slow");
  EXPECT_EQ("slow", exchange(client, 1));
}

TEST_F(TlsSessionTest, SealsMegabytes) {
  TlsClient client;
  exchange(client);
  std::string large;
  for (int i = 0; i < 500'000; ++i) large += static_cast<char>(i * 31);
  EXPECT_TRUE(session->seal(large));
  client.hear(take_unsent());
  EXPECT_TRUE(large == client.heard());
}

TEST_F(TlsSessionTest, OffersHttp11AndNoOtherProtocol) {
  TlsClient both({.alpn = "\x02h2\x08http/1.1"});
  exchange(both);
  EXPECT_TRUE(both.is_open());
  EXPECT_EQ("http/1.1", both.alpn());

  session = server.accept();
  TlsClient none;
  exchange(none);
  EXPECT_TRUE(none.is_open());
  EXPECT_EQ("", none.alpn());

  session = server.accept();
  TlsClient other({.alpn = "\x02h2"});
  exchange(other);
  EXPECT_FALSE(other.is_open());
  EXPECT_EQ(TlsSession::State::Failed, session->state());
  EXPECT_EQ("tlsv1 alert no application protocol", other.trouble());
}

TEST_F(TlsSessionTest, RefusesVersionsOlderThanConfigured) {
  TlsServer strict(identity_of(authority.issue(), {.minimum = TlsMinimum::V13}));
  session = strict.accept();
  TlsClient client({.newest = TLS1_2_VERSION});
  exchange(client);
  EXPECT_EQ(TlsSession::State::Failed, session->state());
  EXPECT_EQ("tlsv1 alert protocol version", client.trouble());
}

TEST_F(TlsSessionTest, TellsPlainHttpFromGarbage) {
  EXPECT_EQ("", deliver("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(TlsSession::Failure::PlainHttp, session->failure());
  EXPECT_EQ("", session->unsent());

  session = server.accept();
  EXPECT_EQ("", deliver("\0\1\2\3"s));
  EXPECT_EQ(TlsSession::Failure::NotTls, session->failure());

  session = server.accept();
  EXPECT_EQ("", deliver("\x16\x03\x01\x00\x05hello"s));
  EXPECT_EQ(TlsSession::Failure::Protocol, session->failure());
}

TEST_F(TlsSessionTest, FailsWithADamagedRecord) {
  TlsClient client;
  exchange(client);
  client.say("one");
  auto sealed = client.to_send();
  client.say("two");
  auto damaged = client.to_send();
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ("one", deliver(sealed + damaged));
  EXPECT_EQ(TlsSession::State::Failed, session->state());
  EXPECT_FALSE(session->seal("more"));
  client.hear(take_unsent());
  EXPECT_EQ("sslv3 alert bad record mac", client.trouble());
}

TEST_F(TlsSessionTest, HearsThatThePeerEndsAndMayStillAnswer) {
  TlsClient client;
  exchange(client);
  client.say("last");
  client.end();
  EXPECT_EQ("last", deliver(client.to_send()));
  EXPECT_EQ(TlsSession::State::PeerEnded, session->state());
  EXPECT_TRUE(session->seal("answer"));
  session->close();
  client.hear(take_unsent());
  EXPECT_EQ("answer", client.heard());
  EXPECT_TRUE(client.has_ended());
}

TEST_F(TlsSessionTest, AnswersAChangeOfKeys) {
  TlsClient client;
  exchange(client);
  client.update_keys();
  EXPECT_EQ("", exchange(client));
  client.say("with new keys");
  EXPECT_TRUE(session->seal("also"));
  EXPECT_EQ("with new keys", exchange(client));
  EXPECT_EQ("also", client.heard());
}

TEST_F(TlsSessionTest, ResumesWhereverTheTicketIsShown) {
  for (auto const newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    session = server.accept();
    TlsClient first({.newest = newest});
    exchange(first);
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> const ticket(first.session(), SSL_SESSION_free);
    EXPECT_FALSE(session->is_resumed());

    session = server.accept();
    TlsClient second({.newest = newest, .session = ticket.get()});
    exchange(second);
    EXPECT_TRUE(second.is_open());
    EXPECT_TRUE(session->is_resumed() && second.is_resumed());

    TlsServer other(identity_of(authority.issue()));
    session = other.accept();
    TlsClient third({.newest = newest, .session = ticket.get()});
    exchange(third);
    EXPECT_TRUE(third.is_open());
    EXPECT_FALSE(session->is_resumed());
  }
}

TEST_F(TlsSessionTest, ShowsTheNewCertificateToNewConnectionsOnly) {
  TlsClient before;
  exchange(before);
  server.replace(identity_of(authority.issue({.common_name = "renewed"})));
  before.say("still here");
  EXPECT_EQ("still here", exchange(before));

  session = server.accept();
  TlsClient after;
  exchange(after);
  EXPECT_EQ("renewed", after.server_certificate_name());
}

TEST_F(TlsSessionTest, GoesOnElsewhereWhileARecordIsHalfReceived) {
  TlsClient client;
  exchange(client);
  client.say(std::string(1000, 'x'));
  auto const sealed = client.to_send();
  EXPECT_EQ("", deliver(std::string_view(sealed).substr(0, 500)));
  auto moved = std::move(session);
  session = std::move(moved);
  EXPECT_EQ(std::string(1000, 'x'), deliver(std::string_view(sealed).substr(500)));
}

/// A server that asks for the certificates of `people`.
class TlsClientCertificateTest : public TlsSessionTest {
 protected:
  void ask(TlsClients clients, CertifiedName name = CertifiedName::CommonName) {
    asking.emplace(identity_of(authority.issue(), {.clients = clients, .name = name}, people.certificate()));
    session = asking->accept();
  }
  std::string name_of(fakes::Subject const& subject, CertifiedName name) {
    ask(TlsClients::MustCertify, name);
    TlsClient client({.shows = people.issue(subject)});
    exchange(client);
    return session->certificate() == nullptr ? "no certificate" : session->certificate()->name;
  }

  TestAuthority people{"people"};
  std::optional<TlsServer> asking;
};

TEST_F(TlsClientCertificateTest, IsKnownOnceTheHandshakeIsOver) {
  ask(TlsClients::MustCertify);
  TlsClient client({.authority = authority.certificate(), .shows = people.issue({.common_name = "alice"})});
  EXPECT_EQ(nullptr, session->certificate());
  exchange(client);
  ASSERT_NE(nullptr, session->certificate());
  EXPECT_EQ("alice", session->certificate()->name);
}

TEST_F(TlsClientCertificateTest, IsKnownOfAResumedSessionToo) {
  for (auto const newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ask(TlsClients::MustCertify);
    auto const mine = people.issue({.common_name = "alice"});
    TlsClient first({.shows = mine, .newest = newest});
    exchange(first);
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> const ticket(first.session(), SSL_SESSION_free);
    session = asking->accept();
    TlsClient second({.shows = mine, .newest = newest, .session = ticket.get()});
    exchange(second);
    EXPECT_TRUE(session->is_resumed());
    ASSERT_NE(nullptr, session->certificate());
    EXPECT_EQ("alice", session->certificate()->name);

    // Not with a listener that trusts others, even of the same program.
    TestAuthority const others;
    TlsServer other(identity_of(authority.issue(), {.clients = TlsClients::MustCertify}, others.certificate()));
    session = other.accept();
    TlsClient third({.shows = mine, .newest = newest, .session = ticket.get()});
    exchange(third);
    EXPECT_EQ(TlsSession::Failure::BadCertificate, session->failure());
  }
}

TEST_F(TlsClientCertificateTest, IsOnlyNeededWhereItIsRequired) {
  ask(TlsClients::MayCertify);
  TlsClient without;
  exchange(without);
  EXPECT_EQ(TlsSession::State::Open, session->state());
  EXPECT_EQ(nullptr, session->certificate());

  ask(TlsClients::MustCertify);
  TlsClient turned_away;
  exchange(turned_away);
  EXPECT_EQ(TlsSession::Failure::NoCertificate, session->failure());
  EXPECT_EQ("tlsv13 alert certificate required", turned_away.trouble());
}

TEST_F(TlsClientCertificateTest, IsIgnoredWhereNobodyAsks) {
  TlsClient client({.shows = people.issue()});
  exchange(client);
  EXPECT_EQ(TlsSession::State::Open, session->state());
  EXPECT_EQ(nullptr, session->certificate());
}

TEST_F(TlsClientCertificateTest, OfAnotherAuthorityOrTimeIsRefusedWithTheReason) {
  TestAuthority const strangers("people");
  for (auto const clients : {TlsClients::MayCertify, TlsClients::MustCertify}) {
    ask(clients);
    TlsClient stranger({.shows = strangers.issue()});
    exchange(stranger);
    EXPECT_EQ(TlsSession::Failure::BadCertificate, session->failure());
    EXPECT_NE("", session->trouble());

    ask(clients);
    TlsClient late({.shows = people.issue({.valid_from = -7200, .valid_for = -3600})});
    exchange(late);
    EXPECT_EQ(TlsSession::Failure::BadCertificate, session->failure());
    EXPECT_EQ("certificate has expired", session->trouble());

    ask(clients);
    TlsClient early({.shows = people.issue({.valid_from = 3600, .valid_for = 7200})});
    exchange(early);
    EXPECT_EQ("certificate is not yet valid", session->trouble());
  }
}

TEST_F(TlsClientCertificateTest, NamesItsHolderInOneWay) {
  using enum CertifiedName;
  EXPECT_EQ("Zo\xc3\xab", name_of({.common_name = "Zo\xc3\xab"}, CommonName));
  EXPECT_EQ("", name_of({.common_name = ""}, CommonName));
  EXPECT_EQ("", name_of({.common_name = "a\nb"}, CommonName));
  EXPECT_EQ("", name_of({.common_name = std::string("a\0b", 3)}, CommonName));
  EXPECT_EQ("a@b.c", name_of({.names = "email:a@b.c,DNS:x"}, Email));
  EXPECT_EQ("x", name_of({.names = "email:a@b.c,DNS:x"}, Dns));
  EXPECT_EQ("", name_of({.names = "DNS:x,DNS:y"}, Dns));
  EXPECT_EQ("urn:a", name_of({.names = "URI:urn:a,IP:127.0.0.1"}, Uri));
  EXPECT_EQ("", name_of({.names = "IP:127.0.0.1"}, Uri));
  EXPECT_EQ("", name_of({.names = ""}, Email));
}

/// Both sides are ours.
TEST_F(TlsSessionTest, IsAClientToo) {
  auto const context = client_context({.check = TlsTrust::Check::Nothing});
  ASSERT_TRUE(context);
  TlsSession client(context->get(), "localhost");
  std::vector<char> buffer(TlsSession::kLead + 100'000);
  std::string heard(client.unseal({}, buffer.data()));
  for (int i = 0; i < 5; ++i) {
    std::string const out(client.unsent());
    client.sent(out.size());
    deliver(out);
    auto const in = take_unsent();
    std::memcpy(buffer.data() + TlsSession::kLead, in.data(), in.size());
    heard += client.unseal({buffer.data() + TlsSession::kLead, in.size()}, buffer.data());
  }
  EXPECT_EQ(TlsSession::State::Open, client.state());
  EXPECT_EQ(TlsSession::State::Open, session->state());
  EXPECT_EQ("", heard);
}

}  // namespace
}  // namespace gateway::io
