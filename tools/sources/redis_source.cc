#include "tools/sources/redis_source.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "tools/sources/write_all.h"

namespace varve {
namespace {

constexpr std::string_view kSuffix = ".rdb";
constexpr mode_t kMode = 0600;  // what a server keeps is nobody else's business

void read_through(const File& file, const std::function<void(ByteView)>& take) {
  Bytes window(256u << 10);
  for (std::uint64_t offset = 0;;) {
    const std::size_t count = file.read_at(offset, window);
    if (count == 0) return;
    take(ByteView(window).first(count));
    offset += count;
  }
}

std::string first_line_of(const Path& path) {
  const Bytes bytes = read_file(path, 64u << 10);
  std::string line(as_text(bytes).substr(0, as_text(bytes).find('\n')));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

RedisSource::RedisSource(RedisAddress address, std::string name, RedisOptions options)
    : address_(std::move(address)), name_(std::move(name)), options_(std::move(options)) {}

RedisSession& RedisSource::session() {
  if (!session_) {
    const RedisLogin login{address_.user, options_.password};
    session_ = std::make_unique<RedisSession>(address_, login, options_.limits);
  }
  return *session_;
}

Bytes RedisSource::fingerprint() {
  const std::optional<std::string> text = session().info();
  return text ? RedisInfo(*text).fingerprint() : Bytes();
}

void RedisSource::open() {
  if (const std::optional<std::string> text = session().info()) info_.emplace(*text);
  transfer_ = RdbTransfer::begin(session());
  if (transfer_) {
    moment_ = transfer_->moment();
    return;
  }
  const SavePatience patience{.limit = options_.save_limit, .stop = options_.limits.stop};
  SavedFile saved = save_and_open(session(), patience);
  file_ = std::move(saved.file);
  moment_ = saved.moment;
}

void RedisSource::fill(FileWriter& writer, RdbCheck& check) {
  const auto take = [&](ByteView bytes) {
    check.update(bytes);
    write_all(writer, bytes);
  };
  transfer_ ? transfer_->receive(take) : read_through(*file_, take);
  if (const auto fault = check.fault()) {
    throw session().channel().error(
        fmt::format("what it sent is no whole RDB file: it {}; try again", *fault));
  }
}

std::map<std::string, std::string> RedisSource::facts(const RdbCheck& check) const {
  std::map<std::string, std::string> facts = info_ ? info_->facts() : decltype(facts)();
  facts["rdb_version"] = fmt::to_string(check.version());
  facts["rdb_checksum"] = check.has_checksum() ? "yes" : "no";
  facts["taken_by"] = transfer_ ? "replication" : "bgsave";
  if (transfer_ && !transfer_->replication_id().empty()) {
    facts["replication_id"] = transfer_->replication_id();
    facts["replication_offset"] = transfer_->offset();
  }
  return facts;
}

SourceInfo RedisSource::copy(SnapshotBuilder& builder) {
  RdbCheck check;
  const SnapshotBuilder::NewFile file{
      .path = name_ + std::string(kSuffix),
      .mode = kMode,
      .mtime = moment_,
      .chunking = Chunking::content,
      .size_hint = file_ ? file_->size() : transfer_->size().value_or(0)};
  builder.add_file(file, [&](FileWriter& writer) { fill(writer, check); });
  if (info_) {
    for (const std::string& warning : info_->warnings()) {
      builder.warn(fmt::format("{}: {}", location(), warning));
    }
  }
  SourceInfo info{.name = name_,
                  .kind = kind(),
                  .location = location(),
                  .moment = moment_,
                  .facts = facts(check),
                  .fingerprint = {}};
  transfer_.reset();
  file_.reset();
  session_.reset();
  return info;
}

std::optional<std::string> redis_password(const RedisAddress& address) {
  if (!address.password_file.empty()) return first_line_of(address.password_file);
  for (const char* name : {"VARVE_REDIS_PASSWORD", "REDISCLI_AUTH"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::unique_ptr<Source> make_redis_source(const std::string& uri, std::string name,
                                          std::stop_token stop) {
  RedisAddress address = parse_redis_uri(uri);
  if (name.empty()) name = default_redis_name(address);
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  RedisOptions options;
  options.password = redis_password(address);
  options.limits.stop = std::move(stop);
  return std::make_unique<RedisSource>(std::move(address), std::move(name), std::move(options));
}

}  // namespace varve
