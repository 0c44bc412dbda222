#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/support/shell.h"

namespace varve {
namespace {

// root runs the server as nobody, everybody else as themselves.
const passwd* other_user() { return ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr; }

void give_away(const std::filesystem::path& path, const passwd* user) {
  if (user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::system_error(errno, std::generic_category(), path.native());
  }
}

[[noreturn]] void become(std::vector<std::string> words, const passwd* user) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves no server behind
  const bool is_changed =
      user == nullptr || (::setgid(user->pw_gid) == 0 && ::setuid(user->pw_uid) == 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // becoming another user clears it
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (is_changed) ::execvp(pointers[0], pointers.data());
  ::_exit(97);
}

std::string setting_in(const std::vector<std::string>& settings, const std::string& name) {
  const auto found = std::find(settings.begin(), settings.end(), name);
  return found == settings.end() ? "" : *(found + 1);
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> settings, const std::filesystem::path& rdb)
    : password_(setting_in(settings, "--requirepass")) {
  const passwd* user = other_user();
  give_away(folder_.path(), user);
  if (!rdb.empty()) {
    std::filesystem::copy_file(rdb, this->rdb());
    give_away(this->rdb(), user);
  }
  std::vector<std::string> words = {"redis-server",
                                    "--dir",
                                    folder_.path(),
                                    "--unixsocket",
                                    socket(),
                                    "--logfile",
                                    folder_ / "log",
                                    "--save",
                                    "",
                                    "--enable-debug-command",
                                    "yes",
                                    "--repl-diskless-sync-delay",
                                    "0"};
  if (std::find(settings.begin(), settings.end(), "--port") == settings.end()) {
    words.insert(words.end(), {"--port", "0"});
  }
  words.insert(words.end(), settings.begin(), settings.end());
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(std::move(words), user);
  await_answer();
}

RedisServer::~RedisServer() { kill(); }

void RedisServer::send(int signal) const { ::kill(pid_, signal); }

void RedisServer::kill() {
  if (pid_ == 0) return;
  send(SIGKILL);
  ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

void RedisServer::await_answer() const {
  while (shell("redis-cli -s " + quoted(socket()) + " PING").status != 0) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      std::ifstream log(folder_ / "log");
      std::ostringstream words;
      words << log.rdbuf();
      throw std::runtime_error("redis-server ended: " + words.str());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string RedisServer::cli(const std::string& command) const {
  const std::string password = password_.empty() ? "" : "REDISCLI_AUTH=" + quoted(password_) + " ";
  const ShellResult result =
      shell(password + "redis-cli -e -s " + quoted(socket()) + " " + command);
  if (result.status != 0) throw std::runtime_error(command + ": " + result.output);
  return result.output.substr(0, result.output.find_last_not_of('\n') + 1);
}

std::string RedisServer::info(const std::string& field) const {
  std::istringstream lines(cli("INFO"));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with(field + ":")) return line.substr(field.size() + 1);
  }
  return {};
}

std::uint16_t RedisServer::free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!is_bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

}  // namespace varve
