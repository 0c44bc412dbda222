#include "tools/import/packed_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "store/core/one_line.h"
#include "store/transform/digest.h"
#include "tools/import/gzip_decoder.h"

namespace varve {
namespace {

constexpr std::size_t kBlock = 256u << 10;

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

// zstd, bzip2 and xz by libarchive, whose decoders for these check what there is to check.
class FilterDecoder {
 public:
  explicit FilterDecoder(const File& file) : reader_(archive_read_new()) {
    if (!reader_) throw Error(ErrorCode::failed, "there is not enough memory");
    archive_read_support_filter_zstd(reader_.get());
    archive_read_support_filter_bzip2(reader_.get());
    archive_read_support_filter_xz(reader_.get());
    archive_read_support_format_raw(reader_.get());
    archive_read_support_format_empty(reader_.get());
    if (archive_read_open_fd(reader_.get(), file.fd(), kBlock) != ARCHIVE_OK) throw fault();
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader_.get(), &entry);
    is_empty_ = result == ARCHIVE_EOF;
    if (!is_empty_ && result != ARCHIVE_OK) throw fault();
  }

  std::string packing() const {
    const char* name = archive_filter_name(reader_.get(), 0);
    return name == nullptr ? "" : name;
  }

  std::size_t read(MutableBytes out) {
    if (is_empty_) return 0;
    const la_ssize_t count = archive_read_data(reader_.get(), out.data(), out.size());
    if (count < 0) throw fault();
    return static_cast<std::size_t>(count);
  }

 private:
  Error fault() const {
    const char* words = archive_error_string(reader_.get());
    return {ErrorCode::failed, words == nullptr ? "it is damaged" : one_line(words)};
  }

  std::unique_ptr<archive, FreeArchive> reader_;
  bool is_empty_ = false;
};

}  // namespace

struct PackedFile::State {
  explicit State(const Path& from) : path(from) {}

  // Runs `work`; what fails there is said of the file.
  template <class Work>
  auto named(const Work& work) const {
    try {
      return work();
    } catch (const Error& fault) {
      if (fault.code() != ErrorCode::io && fault.code() != ErrorCode::failed) throw;
      throw error(fault.what());
    }
  }

  Error error(const std::string& why) const {
    return {ErrorCode::failed, fmt::format("cannot import {}: {}", path.string(), why)};
  }

  void open() {
    file = File::open_read(path);
    Bytes first(kFormatBytes);
    first.resize(file.read_at(0, first));
    format = format_of(first);
    if (format != BackupFormat::packed) {
      front = std::move(first);
      offset = front.size();
      return;
    }
    if (first[0] == std::byte{0x1f}) {
      gzip.emplace(file);
      packing = "gzip";
    } else {
      filter.emplace(file);
      packing = filter->packing();
    }
    fill_front();
    format = format_of(front);
    if (format == BackupFormat::packed) format = BackupFormat::other;  // packed twice
  }

  void fill_front() {
    front.resize(kFormatBytes);
    std::size_t filled = 0;
    while (filled < front.size()) {
      const std::size_t count = decode(MutableBytes(front).subspan(filled));
      if (count == 0) break;
      filled += count;
    }
    front.resize(filled);
  }

  std::size_t decode(MutableBytes out) {
    if (gzip) return gzip->read(out);
    if (filter) return filter->read(out);
    const std::size_t count = file.read_at(offset, out);
    offset += count;
    return count;
  }

  // What was read, or that there is no more.
  void note(ByteView bytes) {
    if (!bytes.empty()) {
      hash.update(bytes);
    } else if (!sha256) {
      sha256 = hash.finish();
    }
  }

  const Path path;
  File file;
  std::string packing;
  BackupFormat format = BackupFormat::other;
  std::optional<GzipDecoder> gzip;
  std::optional<FilterDecoder> filter;
  std::uint64_t offset = 0;  // of a file that is not packed
  Bytes front;
  std::size_t given = 0;  // bytes of `front` that were read
  Sha256Stream hash;      // of what was read
  std::optional<Sha256> sha256;
};

PackedFile::PackedFile(const Path& path) : state_(std::make_unique<State>(path)) {
  state_->named([&] { state_->open(); });
}
PackedFile::~PackedFile() = default;

const std::string& PackedFile::packing() const { return state_->packing; }
BackupFormat PackedFile::format() const { return state_->format; }
ByteView PackedFile::front() const { return state_->front; }
struct stat PackedFile::status() const {
  return state_->file.status();
}
Error PackedFile::error(const std::string& why) const { return state_->error(why); }

std::size_t PackedFile::read(MutableBytes out) {
  const ByteView left = front().subspan(state_->given);
  std::size_t count = std::min(out.size(), left.size());
  if (left.empty()) {
    count = state_->named([&] { return state_->decode(out); });
  } else {
    std::memcpy(out.data(), left.data(), count);
    state_->given += count;
  }
  state_->note(out.first(count));
  return count;
}

const Sha256& PackedFile::sha256() const { return state_->sha256.value(); }

}  // namespace varve
