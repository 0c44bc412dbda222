// The one exception of varve, and the two tables that translate it.
//
// What is expected (absent, duplicate) is a return value. Faults of I/O, corruption and
// bad input throw Error. Exceptions stop at three places: the FUSE callback guard, main,
// and a worker's join.
//
// A message is one line: what failed, on which file or object, why, and what to do next.
// It never holds a secret.
#pragma once

#include <stdexcept>
#include <string>

namespace varve {

enum class ErrorCode {
  failed,         // anything without a more telling code
  usage,          // the command line asks for what cannot be
  io,             // a system call failed
  no_space,       // the disk is full
  corrupt,        // stored bytes are not what was written
  not_found,      // no such snapshot or file in the repository
  no_repository,  // the path holds no repository
  locked,         // another process holds what is needed
  wrong_key,      // the repository's key does not open it
  interrupted,    // SIGINT or SIGTERM, or the caller's stop token
};

class Error : public std::runtime_error {
 public:
  // `message` as above. `context` says where inside the store (object, offset); it is for
  // the log (-v), never needed to act on the message, and may be empty.
  Error(ErrorCode code, const std::string& message, std::string context = {});

  ErrorCode code() const noexcept { return code_; }
  const std::string& context() const noexcept { return context_; }

 private:
  ErrorCode code_;
  std::string context_;
};

// An Error made from an errno value: ENOSPC and EDQUOT become no_space, the rest io.
// `what` reads like "cannot write /r/packs/ab12"; the reason is appended.
Error system_error(int error_number, const std::string& what);

// A corrupt Error: `what` names the damaged thing, the message says "`what` is damaged: `why`".
Error corrupt_error(const std::string& what, const std::string& why = {});

// Whether flipped bits or a failing disk are behind it: what parity and repairs are for.
bool is_damage(const Error& error) noexcept;

// Process exit status: 0 done, 1 failed, 2 usage, 3 done with a warning,
// 10 no repository, 11 locked, 12 wrong key, 130 interrupted.
int exit_status(ErrorCode code) noexcept;
inline constexpr int kExitWarning = 3;

// What a file operation on the mount answers.
int to_errno(ErrorCode code) noexcept;

}  // namespace varve
