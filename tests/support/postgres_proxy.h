// Stands on a unix socket between a client and a PostgreSQL server, and breaks the connection of
// one transaction at its COMMIT.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace varve {

class PostgresProxy {
 public:
  enum class Cut {
    before,         // the server never gets the COMMIT
    after,          // it has done it, and the client does not hear of it
    after_for_good  // likewise, and nobody can connect any more
  };
  // Cut is the connection that has sent a statement with `mark` in it.
  PostgresProxy(const std::filesystem::path& socket_folder, std::string mark, Cut cut);
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
  bool cut_at_commit(int server, const std::string& message);

  const std::filesystem::path server_;
  const std::string mark_;
  const Cut cut_;
  TempFolder folder_;
  int listener_;
  std::atomic<bool> has_cut_ = false;
  std::mutex mutex_;
  std::vector<int> open_;              // guarded by mutex_: sockets, which the destructor shuts
  std::vector<std::jthread> threads_;  // of the listening thread alone
  std::jthread listening_;
};

}  // namespace varve
