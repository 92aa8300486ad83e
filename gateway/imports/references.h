// What a text of another program refers to, as we refer to it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/imports/imported.h"
#include "gateway/imports/kind.h"

namespace gateway::imports {

/// A variable that an editor asks its user for: `inputs` of VS Code.
struct AskedInput {
  std::string id;
  std::string otherwise{};  ///< its default
};

/// Rewrites `${env:NAME}`, `${input:id}`, `os.environ/NAME` and their like to `${NAME}`, so that no value gets into the
/// file that was not in it. What only an editor knows becomes a variable too, and a remark.
class References {
 public:
  /// `workspace`: the folder that `${workspaceFolder}` stands for; empty where it is not known.
  References(Kind kind, std::vector<AskedInput> inputs, std::string workspace)
      : kind_(kind), inputs_(std::move(inputs)), workspace_(std::move(workspace)) {}

  /// Rewrites all texts in `value`, which stands at `place`.
  void rewrite(std::string const& path, Json& value);

  /// The ids of inputs that were referred to.
  [[nodiscard]] std::set<std::string> const& used_inputs() const { return used_inputs_; }
  /// Variables without a default.
  [[nodiscard]] std::set<std::string> const& variables() const { return variables_; }
  [[nodiscard]] Remarks take_remarks() { return std::move(remarks_); }

 private:
  [[nodiscard]] std::string rewritten(std::string const& path, std::string_view text);
  [[nodiscard]] std::string reference(std::string const& path, std::string_view inner);
  [[nodiscard]] std::string input(std::string_view id);
  [[nodiscard]] std::string variable(std::string name);

  Kind kind_;
  std::vector<AskedInput> inputs_;
  std::string workspace_;
  std::set<std::string> used_inputs_;
  std::set<std::string> variables_;
  Remarks remarks_;
};

/// `github-token` as the name of a variable: GITHUB_TOKEN.
[[nodiscard]] std::string variable_name(std::string_view text);

}  // namespace gateway::imports
