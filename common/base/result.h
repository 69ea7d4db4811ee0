// Errors as values: Error, Result<T> and Status, used across every folder instead of exceptions.
//
// Codes mirror gRPC's (google.golang.org/grpc/codes), so that gRPC and HTTP replies come from one
// table.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

namespace pugmark {

enum class ErrorCode {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The name as gRPC spells it, "InvalidArgument".
std::string_view ErrorCodeName(ErrorCode code);

// What went wrong. The message says what was wanted and what was found.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kUnknown;
  std::string message;

  // The same error with "context: " before its message.
  Error Wrap(std::string_view context) &&;
};

inline Error InvalidArgument(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
inline Error NotFound(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error Unavailable(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}
inline Error Unimplemented(std::string message) {
  return {ErrorCode::kUnimplemented, std::move(message)};
}
inline Error Internal(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

// A value or an Error. Converts from both; test it with `if (!result)` or ok().
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error)
      : Base(tl::unexpect, std::move(error)) {
  }  // NOLINT(google-explicit-constructor): return Error{...}

  [[nodiscard]] bool ok() const { return this->has_value(); }
  // The error with "context: " before its message. Call it only when !ok().
  Error Wrap(std::string_view context) && { return std::move(this->error()).Wrap(context); }
};

using Status = Result<void>;

}  // namespace pugmark
