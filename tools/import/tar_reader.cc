#include "tools/import/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <exception>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kBlock = 256u << 10;
constexpr std::size_t kEnd = 1024;  // two blocks of zeros end an archive

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

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

TarMember::Type type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return TarMember::Type::hard_link;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return TarMember::Type::file;
    case AE_IFDIR:
      return TarMember::Type::folder;
    case AE_IFLNK:
      return TarMember::Type::symbolic_link;
    default:
      return TarMember::Type::special;
  }
}

std::string path_of(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (path == nullptr) path = archive_entry_pathname_utf8(entry);
  return path == nullptr ? "" : path;
}

std::string target_of(archive_entry* entry) {
  const char* target = archive_entry_hardlink(entry);
  if (target == nullptr) target = archive_entry_hardlink_utf8(entry);
  if (target == nullptr) target = archive_entry_symlink(entry);
  if (target == nullptr) target = archive_entry_symlink_utf8(entry);
  return target == nullptr ? "" : target;
}

}  // namespace

struct TarReader::State {
  explicit State(PackedFile& from) : file(from), reader(archive_read_new()), block(kBlock) {
    if (!reader) throw file.error("there is not enough memory");
    archive_read_support_format_tar(reader.get());
    if (archive_read_open(reader.get(), this, nullptr, give_block, nullptr) != ARCHIVE_OK) {
      throw_fault();
    }
  }

  // Exceptions do not cross libarchive: they wait in `thrown`.
  static la_ssize_t give_block(archive* reader, void* self, const void** bytes) noexcept {
    State& state = *static_cast<State*>(self);
    try {
      *bytes = state.block.data();
      return static_cast<la_ssize_t>(state.read_block());
    } catch (...) {
      state.thrown = std::current_exception();
      archive_set_error(reader, EIO, "it cannot be read");
      return ARCHIVE_FATAL;
    }
  }

  // Remembers the last bytes.
  std::size_t read_block() {
    const std::size_t count = file.read(block);
    const ByteView bytes = ByteView(block).first(count);
    end.insert(end.end(), bytes.end() - static_cast<std::ptrdiff_t>(std::min(count, kEnd)),
               bytes.end());
    if (end.size() > kEnd) end.erase(end.begin(), end.end() - kEnd);
    return count;
  }

  [[noreturn]] void throw_fault() const {
    if (thrown) std::rethrow_exception(thrown);
    const char* words = archive_error_string(reader.get());
    throw file.error(words == nullptr ? "it is damaged" : one_line(words));
  }

  // libarchive reads no further than it must, and takes an archive that was cut off between two
  // members for a whole one.
  void require_whole() {
    while (read_block() > 0) continue;
    const bool has_end = end.size() == kEnd && std::all_of(end.begin(), end.end(), [](std::byte b) {
                           return b == std::byte{0};
                         });
    if (!has_end) throw file.error("the archive ends too early");
  }

  PackedFile& file;
  std::unique_ptr<archive, FreeArchive> reader;
  Bytes block;
  Bytes end;  // the last bytes read, up to kEnd
  std::exception_ptr thrown;
};

TarReader::TarReader(PackedFile& file) : state_(std::make_unique<State>(file)) {}
TarReader::~TarReader() = default;

std::optional<TarMember> TarReader::next() {
  const Utf8Locale names_in_any_language;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(state_->reader.get(), &entry);
  if (result == ARCHIVE_EOF) {
    state_->require_whole();
    return {};
  }
  if (result < ARCHIVE_WARN) state_->throw_fault();
  TarMember member;
  member.type = type_of(entry);
  member.path = path_of(entry);
  member.mode = archive_entry_perm(entry) & 07777;
  member.mtime = Timestamp{archive_entry_mtime(entry)};
  member.mtime_nanoseconds = static_cast<std::uint32_t>(archive_entry_mtime_nsec(entry));
  member.owner = {static_cast<std::uint32_t>(archive_entry_uid(entry)),
                  static_cast<std::uint32_t>(archive_entry_gid(entry))};
  member.target = target_of(entry);
  member.size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
  return member;
}

std::size_t TarReader::read(MutableBytes out) {
  const la_ssize_t count = archive_read_data(state_->reader.get(), out.data(), out.size());
  if (count < 0) state_->throw_fault();
  return static_cast<std::size_t>(count);
}

}  // namespace varve
