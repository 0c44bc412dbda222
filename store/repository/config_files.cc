#include "store/repository/config_files.h"

#include <optional>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kLongest = 1u << 16;  // bytes; more is no configuration

Path config_path(const Path& repository) { return repository / "config"; }
Path copy_path(const Path& repository) { return repository / "config.copy"; }

struct Config {
  Bytes bytes;
  RepositoryConfig config;
};

Config read(const Path& path) {
  Config found;
  found.bytes = read_file(path, kLongest);
  found.config = decode_config(found.bytes);
  return found;
}

// Nothing where it is damaged or not there. A version that this varve does not know counts as
// damage too: what is said of both files is said by `config`.
std::optional<Config> try_read(const Path& path) {
  try {
    return read(path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_in_place(const Path& path, ByteView bytes) {
  std::optional<File> file = File::open_to_change(path);
  if (!file) throw Error(ErrorCode::no_repository, path.native() + " is missing");
  file->write_all_at(0, bytes);
  file->truncate(bytes.size());
  file->sync();
}

void write_copy(const Path& repository, ByteView bytes) {
  write_file_atomically(copy_path(repository), bytes, AtomicFile::Over::replace);
}

}  // namespace

void write_config(const Path& repository, const RepositoryConfig& config) {
  const Bytes bytes = encode_config(config);
  write_file_atomically(config_path(repository), bytes);
  write_copy(repository, bytes);
}

RepositoryConfig read_config(const Path& repository) {
  try {
    return read(config_path(repository)).config;
  } catch (const Error&) {
    if (const auto copy = try_read(copy_path(repository))) return copy->config;
    throw;
  }
}

std::vector<std::string> check_config(const Path& repository) {
  std::vector<std::string> damage;
  const auto config = try_read(config_path(repository));
  if (!config) damage.emplace_back("config is damaged; config.copy serves in its place");
  if (!std::filesystem::exists(copy_path(repository))) return damage;
  const auto copy = try_read(copy_path(repository));
  if (!copy) {
    damage.emplace_back("config.copy is damaged");
  } else if (config && config->bytes != copy->bytes) {
    damage.emplace_back("config.copy is not what config is");
  }
  return damage;
}

std::vector<std::string> mend_config(const Path& repository) {
  const auto config = try_read(config_path(repository));
  const auto copy = try_read(copy_path(repository));
  if (!config) {
    if (!copy) return {};  // then nothing could be opened
    write_in_place(config_path(repository), copy->bytes);
    return {"config"};
  }
  if (copy && copy->bytes == config->bytes) return {};
  const bool was_there = std::filesystem::exists(copy_path(repository));
  write_copy(repository, config->bytes);
  if (!was_there) return {};
  return {"config.copy"};
}

bool config_can_be_brought_back(const Path& repository) {
  return !std::filesystem::exists(config_path(repository)) && try_read(copy_path(repository));
}

void bring_back_config(const Path& repository) {
  if (!config_can_be_brought_back(repository)) return;
  write_file_atomically(config_path(repository), try_read(copy_path(repository))->bytes);
}

void make_config_copy(const Path& repository) {
  if (std::filesystem::exists(copy_path(repository))) return;
  const auto config = try_read(config_path(repository));
  if (!config) return;
  try {
    write_copy(repository, config->bytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_space) throw;  // another day
  }
}

}  // namespace varve
