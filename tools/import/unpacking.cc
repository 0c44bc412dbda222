#include "tools/import/unpacking.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>

#include "store/core/error.h"
#include "tools/sources/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kBlock = 256u << 10;

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};
using OwnedArchive = std::unique_ptr<archive, FreeArchive>;

// libarchive turns names from UTF-8 into the thread's locale, and has none for what that cannot
// hold: a locale that holds everything, as long as this lives.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Locale() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

// Built-in decoders only: no format here starts another program.
OwnedArchive make_reader() {
  OwnedArchive reader(archive_read_new());
  if (!reader) throw Error(ErrorCode::failed, "there is not enough memory");
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_read_support_format_empty(reader.get());
  return reader;
}

Unpacking::Member::Type type_of(archive_entry* entry) {
  using Type = Unpacking::Member::Type;
  if (archive_entry_hardlink(entry) != nullptr) return Type::hard_link;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return Type::file;
    case AE_IFDIR:
      return Type::folder;
    case AE_IFLNK:
      return Type::symbolic_link;
    default:
      return Type::special;
  }
}

std::string path_of(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (path == nullptr) path = archive_entry_pathname_utf8(entry);
  return path == nullptr ? "" : path;
}

// A tar archive ends with two blocks of zeros. libarchive takes one that was cut off between two
// members for a whole one; where there is no other layer, which would tell, we look.
bool has_tar_end(const File& file) {
  constexpr std::size_t kEnd = 1024;
  const std::uint64_t size = file.size();
  if (size < kEnd) return false;
  Bytes end(kEnd);
  file.read_exact_at(size - kEnd, end);
  return std::find_if(end.begin(), end.end(), [](std::byte b) { return b != std::byte{0}; }) ==
         end.end();
}

}  // namespace

struct Unpacking::State {
  explicit State(const Path& from) : file(File::open_read(from)), reader(make_reader()) {
    if (archive_read_open_fd(reader.get(), file.fd(), kBlock) != ARCHIVE_OK) throw fault();
  }

  Error fault() const {
    const char* words = archive_error_string(reader.get());
    return {ErrorCode::failed,
            fmt::format("cannot import {}: it cannot be unpacked: {}", file.path().string(),
                        words == nullptr ? "it is damaged" : one_line(words))};
  }

  File file;
  OwnedArchive reader;
};

Unpacking::Unpacking(const Path& path) : state_(std::make_unique<State>(path)) {}
Unpacking::~Unpacking() = default;

bool Unpacking::is_tar() const {
  return (archive_format(state_->reader.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

std::string Unpacking::packing() const {
  archive* reader = state_->reader.get();
  if (archive_filter_code(reader, 0) == ARCHIVE_FILTER_NONE) return {};
  const char* name = archive_filter_name(reader, 0);
  return name == nullptr ? "" : name;
}

std::optional<Unpacking::Member> Unpacking::next() {
  const Utf8Locale names_in_any_language;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(state_->reader.get(), &entry);
  if (result == ARCHIVE_EOF) {
    if (is_tar() && packing().empty() && !has_tar_end(state_->file)) {
      throw Error(ErrorCode::failed, fmt::format("cannot import {}: the archive ends too early",
                                                 state_->file.path().string()));
    }
    return {};
  }
  if (result < ARCHIVE_WARN) throw state_->fault();
  Member member;
  member.mode = archive_entry_perm(entry) & 07777;
  member.mtime = Timestamp{archive_entry_mtime(entry)};
  if (archive_entry_size_is_set(entry) != 0) {
    member.size = static_cast<std::uint64_t>(archive_entry_size(entry));
  }
  if (is_tar()) {
    member.type = type_of(entry);
    member.path = path_of(entry);
  }
  return member;
}

std::size_t Unpacking::read(MutableBytes out) {
  const la_ssize_t count = archive_read_data(state_->reader.get(), out.data(), out.size());
  if (count < 0) throw state_->fault();
  return static_cast<std::size_t>(count);
}

}  // namespace varve
