// What a command writes to its standard output, as one file: `--command 'mysqldump …' --as NAME`.
//
// It is started at open(), together with the read points of the other sources, and waits when
// nobody reads yet. A command that fails, also after it wrote something, fails the ingest.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "store/ingest/source.h"
#include "tools/process/shell_command.h"

namespace varve {

class CommandSource : public Source {
 public:
  CommandSource(std::string command, std::string name, std::stop_token stop);

  std::string name() const override { return name_; }
  std::string kind() const override { return "command"; }
  // The program's name alone: the rest of the line may hold a secret.
  std::string location() const override;

  Bytes fingerprint() override { return {}; }  // nobody knows before it has run
  bool keeps_somebody_waiting() const override { return true; }
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  void require_good_end();

  const std::string command_;
  const std::string name_;
  const std::stop_token stop_;
  std::optional<ShellCommand> running_;
  Timestamp moment_;
};

}  // namespace varve
