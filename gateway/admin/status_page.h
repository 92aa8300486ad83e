// The page at the root of the admin listener.
#pragma once

#include <string>
#include <string_view>

namespace gateway::admin {

/// One page of HTML with its style and its script within, and the header that lets a
/// browser run these and nothing else: what children say of themselves stands on it.
class StatusPage {
 public:
  StatusPage();

  [[nodiscard]] std::string_view html() const { return html_; }
  /// A header line with its end.
  [[nodiscard]] std::string const& security_policy() const { return policy_; }

 private:
  std::string_view html_;
  std::string policy_;
};

/// `'sha256-…'` of what stands between `<name>` and `</name>`, as a Content-Security-Policy
/// names it. Both stand once in `html`.
[[nodiscard]] std::string source_hash(std::string_view html, std::string_view name);

}  // namespace gateway::admin
