#include "tools/restore/redis_server_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/core/error.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

Path folder_of(const Path& target) {
  std::error_code absent;  // then nobody works there
  return fs::weakly_canonical(target.has_parent_path() ? target.parent_path() : Path("."), absent);
}

// What a server with "appendonly yes" loads instead: of Redis 7, and of those before.
std::optional<Path> append_only_file(const Path& folder) {
  std::error_code unreadable;
  for (const char* name : {"appendonlydir", "appendonly.aof"}) {
    const Path path = folder / name;
    if (fs::exists(path, unreadable) && !fs::is_empty(path, unreadable)) return path;
  }
  return std::nullopt;
}

}  // namespace

std::string in_the_way(const FileUser& server, const Path& target) {
  return fmt::format("redis-server (pid {}) works in {} and would write over {}: stop it first",
                     server.pid, target.parent_path().native(), target.filename().native());
}

RedisAround redis_around(const Path& target) {
  const Path folder = folder_of(target);
  RedisAround around;
  for (const RunningProgram& program : running({"redis-server", "valkey-server"})) {
    if (program.folder == folder) {
      around.server = program.process;
    } else if (program.folder.empty()) {
      around.warnings.push_back(fmt::format(
          "where {} (pid {}) works cannot be seen by this user: if it is in {}, stop "
          "it, else it writes over {}",
          program.process.name, program.process.pid, folder.native(), target.filename().native()));
    }
  }
  if (const auto append_only = append_only_file(folder)) {
    around.warnings.push_back(
        fmt::format("a server with \"appendonly yes\" loads {} and not {}: move it away and start "
                    "the server with \"appendonly no\", then CONFIG SET appendonly yes",
                    append_only->native(), target.filename().native()));
  }
  return around;
}

void hand_to_redis(const Path& target) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(folder_of(target).c_str(), &folder) != 0) return;
  if (::lchown(target.c_str(), folder.st_uid, folder.st_gid) != 0) {
    throw system_error(errno, "cannot give its owner to " + target.native());
  }
}

std::string redis_steps(const std::string& server, const std::string& what, const Path& target) {
  const std::string file = target.empty() ? "DIR/DBFILENAME" : target.native();
  const std::string folder = target.empty() ? "DIR" : folder_of(target).native();
  return fmt::format(
      R"({0} holds its data in memory, loads an RDB file only when it starts, and writes
over it when it saves. To bring this snapshot in:
  1  redis-cli CONFIG GET dir
     redis-cli CONFIG GET dbfilename      where it loads from: {2}
     redis-cli CONFIG GET appendonly      "yes": the steps marked AOF are needed, or it
                                          starts from its append-only file instead
  2  redis-cli CONFIG SET save ""         so that stopping it writes nothing
  3  systemctl stop redis-server          or: redis-cli SHUTDOWN NOSAVE
  4  varve restore {1} {2} --yes
  5  AOF: mv {3}/appendonlydir {3}/appendonlydir.before     before Redis 7: appendonly.aof
     AOF: write "appendonly no" into its configuration
  6  systemctl start redis-server         or as it was started
     redis-cli DBSIZE                     as many keys as expected?
  7  AOF: redis-cli CONFIG SET appendonly yes
     AOF: redis-cli INFO persistence      wait for aof_rewrite_in_progress:0
     AOF: write "appendonly yes" into its configuration
)",
      server, what, file, folder);
}

}  // namespace varve
