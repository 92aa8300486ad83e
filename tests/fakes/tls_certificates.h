// Certificates for tests, made when they run.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace gateway::fakes {

/// A certificate and its key, in PEM.
struct Issued {
  std::string certificate;
  std::string key;
};

/// What a certificate says.
struct Subject {
  std::string common_name = "localhost";  ///< empty: none
  std::string names = "DNS:localhost,IP:127.0.0.1";
  long valid_from = -3600;  ///< seconds from now
  long valid_for = 3600;
};

/// An authority that signs what it is told to.
class TestAuthority {
 public:
  explicit TestAuthority(std::string const& name = "test authority") : key_(new_key()) {
    certificate_ = sign(key_.get(), {.common_name = name, .names = {}}, Kind::Authority);
  }

  [[nodiscard]] std::string certificate() const { return pem(certificate_.get()); }
  [[nodiscard]] Issued issue(Subject const& subject = {}) const {
    auto const key = new_key();
    return {pem(sign(key.get(), subject, Kind::Leaf).get()), pem(key.get())};
  }

 private:
  enum class Kind { Authority, Leaf };
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Certificate = std::unique_ptr<X509, Free>;

  static Key new_key() { return Key(EVP_EC_gen("P-256")); }

  static void extend(X509* certificate, int kind, std::string const& value) {
    auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    ASSERT_NE(nullptr, extension) << value;
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  [[nodiscard]] Certificate sign(EVP_PKEY* key, Subject const& subject, Kind kind) const {
    static long serial = 0;
    Certificate certificate(X509_new());
    auto* const made = certificate.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), subject.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(made), subject.valid_for);
    X509_set_pubkey(made, key);
    auto* const name = X509_get_subject_name(made);
    if (!subject.common_name.empty())
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<unsigned char const*>(subject.common_name.data()),
                                 static_cast<int>(subject.common_name.size()), -1, 0);
    X509_set_issuer_name(made, certificate_ ? X509_get_subject_name(certificate_.get()) : name);
    if (kind == Kind::Authority) extend(made, NID_basic_constraints, "critical,CA:TRUE");
    if (!subject.names.empty()) extend(made, NID_subject_alt_name, subject.names);
    X509_sign(made, key_.get(), EVP_sha256());
    return certificate;
  }

  template <typename Write>
  static std::string text_of(Write write) {
    std::unique_ptr<BIO, Free> const out(BIO_new(BIO_s_mem()));
    write(out.get());
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }
  static std::string pem(X509* certificate) {
    return text_of([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
  }
  static std::string pem(EVP_PKEY* key) {
    return text_of([&](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace gateway::fakes
