// What a token or a key says of itself, read strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::auth {

/// The members of one JSON object that was validated. Views into the text it was read from.
class JsonMembers {
 public:
  /// Nothing unless `text` is exactly one JSON object no key of which stands twice: two readers of such an object could
  /// take different values from it.
  [[nodiscard]] static std::optional<JsonMembers> read(std::string_view text);

  [[nodiscard]] bool has(std::string_view key) const { return !raw(key).empty(); }
  /// The value as it stands; empty when there is none.
  [[nodiscard]] std::string_view raw(std::string_view key) const;
  /// A text; nothing where the value is absent or of another kind.
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  /// A number of seconds, without its fraction; nothing where the value is absent, of another kind, or not within the
  /// years 1970 to 9999.
  [[nodiscard]] std::optional<std::int64_t> seconds(std::string_view key) const;
  /// A text, or a list of texts; nothing where the value is absent or of another kind.
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key) const;

 private:
  struct Entry {
    std::string key;
    std::string_view value;
  };
  std::vector<Entry> entries_;
};

}  // namespace gateway::auth
