// A URL of another server, and which URLs belong to the same server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::fetch {

/// An http or https URL. Its origin is what credentials belong to.
class WebAddress {
 public:
  /// Nothing when the text is no such URL.
  [[nodiscard]] static std::optional<WebAddress> from(std::string_view text);
  /// What `reference` means in a document of this address: a URL, or a part of one. Nothing when it is neither.
  [[nodiscard]] std::optional<WebAddress> resolve(std::string_view reference) const;

  [[nodiscard]] std::string const& text() const { return text_; }
  /// Scheme, host and port.
  [[nodiscard]] std::string const& origin() const { return origin_; }
  /// The URL without what may be a secret: user, password and query.
  [[nodiscard]] std::string const& shown() const { return shown_; }
  /// From now on only its origin is shown: a secret may be in the path.
  void show_only_origin() { shown_ = origin_; }
  [[nodiscard]] bool has_secrets() const { return has_secrets_; }

  bool operator==(WebAddress const& other) const { return text_ == other.text_; }

 private:
  std::string text_;
  std::string origin_;
  std::string shown_;
  bool has_secrets_ = false;
};

}  // namespace gateway::fetch
