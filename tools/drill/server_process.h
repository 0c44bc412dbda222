// A server of a drill's own: as an unprivileged user, in the drill's folder, until the object goes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/process/child_process.h"

namespace varve {

// Whom a server runs as. Servers refuse root, and need none of its power.
struct ServerUser {
  std::string name;  // empty: whoever runs varve, who is not root
  uid_t uid = 0;
  gid_t gid = 0;
};

// Where varve runs as root: the first of these users that there is. Throws a failed Error where
// there is none.
ServerUser server_user(const std::vector<std::string>& names);

// Throws a failed Error where the user cannot get to `folder`, as one above it is closed.
void require_way(const ServerUser& user, const Path& folder);
// Throws a failed Error where the path is too long for a socket.
void require_short(const Path& socket);
// Makes an empty folder that belongs to the user, for nobody else to look into.
void make_folder_of(const ServerUser& user, const Path& folder);
// Gives a file to the user.
void give_to(const ServerUser& user, const Path& file);

// A program that PATH has, or the folders of the system; nothing where there is none.
std::optional<Path> find_program(const std::string& name);

// How a program is started as `user` with the working folder `folder`. It dies with the thread
// that started it.
ChildProcess::Setting as_user(const ServerUser& user, const Path& folder,
                              const std::vector<std::string>& words);

class ServerProcess {
 public:
  // `end_signal` ends it at once, and all that it started. What it says goes to `log`.
  ServerProcess(const ChildProcess::Setting& setting, const Path& log, int end_signal);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Calls `is_ready` until it says so: true. False where the server ends before. Throws an
  // interrupted Error when `stop` asks for it.
  template <class Question>
  bool await(const std::stop_token& stop, const Question& is_ready) const {
    while (!is_ready()) {
      if (process_.has_ended()) return false;
      pause(stop);
    }
    return true;
  }

  // All that it said, or the end of that, in one line for a message.
  std::string words() const;
  std::string last_words() const;

 private:
  static void pause(const std::stop_token& stop);

  File log_;
  int end_signal_;
  ChildProcess process_;
};

}  // namespace varve
