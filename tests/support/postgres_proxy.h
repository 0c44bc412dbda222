// Stands on a unix socket between a client and a PostgreSQL server, and breaks the connection of
// one transaction at its COMMIT.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace varve {

class PostgresProxy {
 public:
  enum class Cut {
    before,           // the server never gets the COMMIT
    while_at_work,    // it has got it
    after,            // it has done it, and the client does not hear of it
    after_with_word,  // likewise, and says like a pooler that the connection to the server broke
    after_for_good    // likewise without, and nobody can connect any more
  };
  // Cut is the connection that has sent a statement with `mark` in it. `before_commit` is called
  // when its COMMIT has come and nobody has it yet.
  PostgresProxy(
      const std::filesystem::path& socket_folder, std::string mark, Cut cut,
      std::function<void()> before_commit = [] {});
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  std::string uri(const std::string& database) const;
  bool has_cut() const { return has_cut_; }

 private:
  void listen();
  void serve(int client, int server);
  // False where the connection is to be cut.
  bool pass_message(int client, int server, bool& is_marked, bool& is_first);
  void cut_at_commit(int client, int server, const std::string& message);

  const std::filesystem::path server_;
  const std::string mark_;
  const Cut cut_;
  const std::function<void()> before_commit_;
  TempFolder folder_;
  int listener_;
  std::atomic<bool> has_cut_ = false;
  std::mutex mutex_;
  std::vector<int> open_;              // guarded by mutex_: sockets, which the destructor shuts
  std::vector<std::jthread> threads_;  // of the listening thread alone
  std::jthread listening_;
};

}  // namespace varve
