#include "store/core/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace varve {

Error::Error(ErrorCode code, const std::string& message, std::string context)
    : std::runtime_error(message), code_(code), context_(std::move(context)) {}

Error system_error(int error_number, const std::string& what) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return Error(full ? ErrorCode::no_space : ErrorCode::io,
               fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

Error corrupt_error(const std::string& what, const std::string& why) {
  return Error(ErrorCode::corrupt, what + " is damaged" + (why.empty() ? "" : ": " + why));
}

bool is_damage(const Error& error) noexcept {
  return error.code() == ErrorCode::corrupt || error.code() == ErrorCode::io;
}

int exit_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::failed:
    case ErrorCode::io:
    case ErrorCode::no_space:
    case ErrorCode::corrupt:
    case ErrorCode::not_found:
      return 1;
    case ErrorCode::usage:
      return 2;
    case ErrorCode::no_repository:
      return 10;
    case ErrorCode::locked:
      return 11;
    case ErrorCode::wrong_key:
      return 12;
    case ErrorCode::interrupted:
      return 130;
  }
  return 1;
}

int to_errno(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::failed:
    case ErrorCode::io:
    case ErrorCode::corrupt:
    case ErrorCode::no_repository:
      return EIO;
    case ErrorCode::usage:
      return EINVAL;
    case ErrorCode::no_space:
      return ENOSPC;
    case ErrorCode::not_found:
      return ENOENT;
    case ErrorCode::locked:
      return EBUSY;
    case ErrorCode::wrong_key:
      return EACCES;
    case ErrorCode::interrupted:
      return EINTR;
  }
  return EIO;
}

}  // namespace varve
