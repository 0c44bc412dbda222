#include "tools/sources/command_source.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/sources/stream_copy.h"

namespace varve {
namespace {

// The first word that is no assignment; empty where that is no plain word.
std::string program_of(const std::string& command) {
  constexpr std::string_view blanks = " \t\n";
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  for (std::size_t at = command.find_first_not_of(blanks); at != command.npos;) {
    const std::size_t end = command.find_first_of(blanks, at);
    const std::string word = command.substr(at, end - at);
    if (word.find('=') == word.npos) {
      return word.find_first_not_of(plain) == word.npos ? word : std::string();
    }
    // The value may be quoted and go on behind a blank: then the rest is not looked at.
    if (word.find_first_of("'\"\\`$") != word.npos) return {};
    at = command.find_first_not_of(blanks, end);
  }
  return {};
}

std::string how_it_ended(const ShellCommand::Exit& exit) {
  return exit.signal != 0 ? fmt::format("was ended by signal {}", exit.signal)
                          : fmt::format("failed with exit status {}", exit.status);
}

}  // namespace

CommandSource::CommandSource(std::string command, std::string name, std::stop_token stop)
    : command_(std::move(command)), name_(std::move(name)), stop_(std::move(stop)) {}

std::string CommandSource::location() const {
  const std::string program = program_of(command_);
  return program.empty() ? "a command" : fmt::format("command {}", program);
}

void CommandSource::open() {
  moment_ = Timestamp::now();
  running_.emplace(command_, stop_);
}

void CommandSource::require_good_end() {
  const ShellCommand::Exit exit = running_->wait();
  if (exit.is_good()) return;
  const std::string words = running_->last_words();
  throw Error(ErrorCode::failed, fmt::format("the command for {} {}{}{}; nothing was stored", name_,
                                             how_it_ended(exit), words.empty() ? "" : ": ", words));
}

SourceInfo CommandSource::copy(SnapshotBuilder& builder) {
  const std::uint64_t size = copy_stream(builder, name_, moment_, [&](MutableBytes out) {
    const std::size_t count = running_->read(out);
    if (count == 0) require_good_end();
    return count;
  });
  running_.reset();
  if (size == 0) builder.warn(fmt::format("the command for {} wrote nothing", name_));
  return info_at(moment_);
}

}  // namespace varve
