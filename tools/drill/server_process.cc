#include "tools/drill/server_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "store/core/error.h"
#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::chrono::milliseconds kLook{5};  // between two looks whether it is ready
constexpr std::chrono::seconds kPatience{20};  // for it to end
constexpr std::size_t kLastWords = 1000;       // bytes of its log in messages
constexpr mode_t kPrivate = 0700;

}  // namespace

ServerUser server_user(const std::vector<std::string>& names) {
  if (::geteuid() != 0) return {};
  for (const std::string& name : names) {
    if (const passwd* user = ::getpwnam(name.c_str())) return {name, user->pw_uid, user->pw_gid};
  }
  throw Error(ErrorCode::failed,
              fmt::format("a drill does not run a server as root, and there is no user {} here",
                          fmt::join(names, " or ")));
}

void require_way(const ServerUser& user, const Path& folder) {
  if (user.name.empty()) return;
  for (Path above = folder.parent_path(); above.has_relative_path(); above = above.parent_path()) {
    struct stat status {};
    if (::stat(above.c_str(), &status) != 0) return;  // what follows says it better
    const bool is_open = (status.st_mode & S_IXOTH) != 0 ||
                         (status.st_uid == user.uid && (status.st_mode & S_IXUSR) != 0);
    if (is_open) continue;
    throw Error(
        ErrorCode::failed,
        fmt::format("a drill's server runs as {}, who cannot get into {}: let TMPDIR name a "
                    "folder that everybody can pass through",
                    user.name, above.native()));
  }
}

void require_short(const Path& socket) {
  if (socket.native().size() < sizeof(sockaddr_un::sun_path)) return;
  throw Error(ErrorCode::failed,
              fmt::format("{} is too long a path for a server's socket: let TMPDIR name a folder "
                          "with a shorter one",
                          socket.native()));
}

void give_to(const ServerUser& user, const Path& file) {
  if (user.name.empty() || ::lchown(file.c_str(), user.uid, user.gid) == 0) return;
  throw system_error(errno, fmt::format("cannot give {} to {}", file.native(), user.name));
}

void make_folder_of(const ServerUser& user, const Path& folder) {
  if (::mkdir(folder.c_str(), kPrivate) != 0) {
    throw system_error(errno, "cannot make " + folder.native());
  }
  give_to(user, folder);
}

std::optional<Path> find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/bin:/usr/sbin:";
  for (std::size_t end = folders.find(':'); end != std::string::npos; end = folders.find(':')) {
    const Path program = Path(folders.substr(0, end)) / name;
    if (program.is_absolute() && ::access(program.c_str(), X_OK) == 0) return program;
    folders.erase(0, end + 1);
  }
  return {};
}

ChildProcess::Setting as_user(const ServerUser& user, const Path& folder,
                              const std::vector<std::string>& words) {
  ChildProcess::Setting setting;
  setting.arguments = {"env", "--chdir=" + folder.native()};
  if (!user.name.empty()) {
    const std::vector<std::string> change = {"setpriv",
                                             fmt::format("--reuid={}", user.uid),
                                             fmt::format("--regid={}", user.gid),
                                             "--init-groups",
                                             "--pdeathsig=KILL",  // another user clears it
                                             "--"};
    setting.arguments.insert(setting.arguments.end(), change.begin(), change.end());
  }
  setting.arguments.insert(setting.arguments.end(), words.begin(), words.end());
  setting.environment = {{"LC_ALL", "C"}};
  setting.hidden = {"PG", "REDIS"};  // they are about other servers
  return setting;
}

ServerProcess::ServerProcess(const ChildProcess::Setting& setting, const Path& log, int end_signal)
    : log_(File::create_new(log)),
      end_signal_(end_signal),
      process_(setting, {.output = log_.fd(), .errors = log_.fd()}) {}

ServerProcess::~ServerProcess() {
  process_.signal(end_signal_);
  process_.end(kPatience);
}

std::string ServerProcess::words() const {
  Bytes bytes(log_.size());
  bytes.resize(log_.read_at(0, bytes));
  return std::string(as_text(bytes));
}

std::string ServerProcess::last_words() const {
  std::string said = words();
  if (said.size() > kLastWords) said.erase(0, said.size() - kLastWords);
  return one_line(said, kLastWords);
}

void ServerProcess::pause(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "the drill was interrupted");
  std::this_thread::sleep_for(kLook);
}

}  // namespace varve
