#include "store/repository/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "store/blob/local_backend.h"
#include "store/core/encoding.h"
#include "store/core/error.h"
#include "store/read/chunk_chain.h"
#include "store/repository/broken_files.h"
#include "store/repository/file_losses.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::string_view kMagic = "VARVELO1";
constexpr std::size_t kLargestFile = std::size_t{1} << 30;  // bytes

Path lost_file(const Path& repository) { return repository / "lost"; }

// A folder in its place could be neither replaced nor removed.
void put_folder_aside(const Path& repository) {
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(lost_file(repository))))
    return;
  LocalBackend files(repository);
  put_aside(files, lost_file(repository).filename());
}

bool is_in_catalog(ChainLoader& chains, const ChunkRef& ref) {
  try {
    return chains.look_up(ref).has_value();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return false;
  }
}

}  // namespace

Bytes encode_lost(const LostKeys& keys) {
  std::vector<ChunkKey> sorted(keys.begin(), keys.end());
  std::ranges::sort(sorted);
  Encoder out;
  out.bytes(as_bytes(kMagic));
  out.varint(sorted.size());
  for (const ChunkKey key : sorted) out.u64(key.value);
  out.u64(checksum(out.buffer()));
  return out.take();
}

LostKeys decode_lost(ByteView bytes) {
  Decoder in(bytes, "the list of lost chunks");
  if (as_text(in.bytes(kMagic.size())) != kMagic) throw corrupt_error("the list of lost chunks");
  LostKeys keys;
  for (std::size_t left = in.count(bytes.size() / 8); left > 0; --left) keys.insert({in.u64()});
  const std::uint64_t expected = checksum(bytes.first(in.consumed()));
  if (in.u64() != expected) throw corrupt_error("the list of lost chunks");
  in.finish();
  return keys;
}

bool may_have_losses(const Path& repository) {
  std::error_code error;
  return std::filesystem::exists(lost_file(repository), error) || error;
}

LostKeys read_lost(const Path& repository) {
  if (!may_have_losses(repository)) return {};
  const Path file = lost_file(repository);
  try {
    return decode_lost(read_file(file, kLargestFile));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    throw Error(ErrorCode::corrupt,
                fmt::format("{} is damaged: 'varve repair packs' writes it anew", file.native()),
                error.what());
  }
}

void write_lost(const Path& repository, const LostKeys& keys) {
  put_folder_aside(repository);
  write_file_atomically(lost_file(repository), encode_lost(keys), AtomicFile::Over::replace);
}

void remove_lost(const Path& repository) {
  put_folder_aside(repository);
  if (remove_file(lost_file(repository))) sync_directory(repository);
}

std::shared_ptr<const Snapshot> trusted(Repository& repository,
                                        std::shared_ptr<const Snapshot> last,
                                        const std::string& source_name) {
  ChainLoader chains(repository.catalog(), repository.packs());
  FileLosses losses([&](const ChunkRef& ref, ObjectKind) { return is_in_catalog(chains, ref); },
                    [&](const ChunkRef& ref) { return RawBytes(*repository.chunks().read(ref)); });
  auto changed = std::make_shared<Snapshot>(*last);
  changed->files.clear();
  bool hurt = false;
  for (FileEntry file : last->files) {
    if (last->sources.at(file.source).name == source_name) {
      const FileLosses::Found found = losses.look(file);
      if (!found.ranges.empty()) {
        hurt = true;
        file.stamp = 0;
      }
      if (found.manifest) continue;
    }
    changed->files.push_back(std::move(file));
  }
  if (!hurt) return last;
  for (SourceInfo& source : changed->sources) {
    if (source.name == source_name) source.fingerprint.clear();
  }
  return changed;
}

}  // namespace varve
