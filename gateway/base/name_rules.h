// Rules by name: patterns, and which of them decides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Whether the whole of `text` fits `pattern`, in which `*` stands for any characters or none. Upper and lower case
/// differ.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view text);

/// Whether the patterns are `*` alone.
[[nodiscard]] bool is_everything(std::vector<std::string> const& patterns);

/// Whether it fits one of them.
[[nodiscard]] bool fits_any(std::vector<std::string> const& patterns, std::string_view text);

/// Which names of a list somebody may see and use: the first rule with a fitting pattern decides. A value, so that it can
/// be kept as long as a call.
struct NameRules {
  struct Rule {
    bool allow = true;
    std::vector<std::string> patterns{};  ///< none: every name
  };
  std::vector<Rule> rules{};
  bool otherwise = true;  ///< what holds where no rule fits
  /// Names are URIs: one that is not plain (plain_uri.h) is refused by the first rule with patterns, unless that is `*`,
  /// since what it means is the server's to say.
  bool are_uris = false;

  [[nodiscard]] bool allows(std::string_view name) const;
  /// Whether no name can be refused.
  [[nodiscard]] bool allow_all() const;
};

}  // namespace gateway
