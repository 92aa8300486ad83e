// An answer that may be an error instead. The caller must look.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace gateway {

/// Why something could not be done: one clear sentence that says what was
/// expected and what was found.
struct Error {
  std::string what;
};

/// A `T`, or the `Error` that stands in its place.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
  [[nodiscard]] T const& operator*() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
  [[nodiscard]] T const* operator->() const { return &std::get<0>(state_); }

  [[nodiscard]] Error const& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// The result of something that gives nothing back but may fail.
struct Done {};
using Status = Result<Done>;

/// Joins lambdas into one visitor for std::visit.
template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace gateway
