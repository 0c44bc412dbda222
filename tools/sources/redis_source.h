// A Redis server in use, as a source: one RDB file with all of its databases, byte for byte as the
// server makes it. It comes over the replication protocol (redis_transfer.h) or, for a user who may
// not replicate, by BGSAVE from the server's own file (redis_save.h).
//
// The server forks to take its snapshot, as for its own saves: it goes on serving, and needs some
// memory for what is written meanwhile. A replica can be a source as well as a master.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/ingest/source.h"
#include "tools/sources/rdb_check.h"
#include "tools/sources/redis_info.h"
#include "tools/sources/redis_save.h"
#include "tools/sources/redis_session.h"
#include "tools/sources/redis_transfer.h"
#include "tools/sources/redis_uri.h"

namespace varve {

struct RedisOptions {
  std::optional<std::string> password;
  WaitLimits limits;
  std::chrono::milliseconds save_limit = std::chrono::hours(1);  // for BGSAVE
};

class RedisSource : public Source {
 public:
  // `name` is the source's name; its file is NAME.rdb. Connects to nothing yet.
  RedisSource(RedisAddress address, std::string name, RedisOptions options = {});

  std::string name() const override { return name_; }
  std::string kind() const override { return "redis"; }
  std::string location() const override { return to_text(address_); }

  Bytes fingerprint() override;
  bool keeps_somebody_waiting() const override { return true; }
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  RedisSession& session();
  void fill(FileWriter& writer, RdbCheck& check);
  std::map<std::string, std::string> facts(const RdbCheck& check) const;

  const RedisAddress address_;
  const std::string name_;
  const RedisOptions options_;
  std::unique_ptr<RedisSession> session_;
  std::optional<RedisInfo> info_;  // at the read point; none where INFO is not allowed
  std::optional<RdbTransfer> transfer_;
  std::optional<File> file_;  // in place of a transfer
  Timestamp moment_;
};

// The password for `address`: the file that it names, else VARVE_REDIS_PASSWORD, else
// REDISCLI_AUTH. Throws a failed Error where the file cannot be read.
std::optional<std::string> redis_password(const RedisAddress& address);

// The source that `uri` means, with the password found as above; `name` empty:
// default_redis_name(), and a ".rdb" at its end is the file's, not its own.
std::unique_ptr<Source> make_redis_source(const std::string& uri, std::string name,
                                          std::stop_token stop);

}  // namespace varve
