// The pages of a stored SQLite database.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "store/read/file_reader.h"

namespace varve {

// Not thread-safe.
class SqlitePages {
 public:
  // Looks at a page that is at hand elsewhere first; nothing: it is read.
  using AtHand = std::function<ByteView(std::uint32_t page)>;
  // `file` must outlive it. Nothing where the file does not begin as a database.
  static std::optional<SqlitePages> open(FileReader& file);

  std::uint32_t page_size() const noexcept { return page_size_; }
  std::uint32_t usable_size() const noexcept { return usable_size_; }  // of each page
  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t encoding() const noexcept { return encoding_; }
  bool is_auto_vacuum() const noexcept { return is_auto_vacuum_; }
  std::uint32_t first_free_trunk() const noexcept { return first_free_trunk_; }
  // Whether the page holds back pointers of an auto-vacuum database, or SQLite's lock bytes.
  bool is_for_bookkeeping(std::uint32_t page) const noexcept;

  void use(AtHand at_hand) { at_hand_ = std::move(at_hand); }
  // Gets the interior pages that walks over trees read: they are few, and read again soon.
  using Keep = std::function<void(std::uint32_t page, ByteView bytes)>;
  void keep_interior(Keep keep) { keep_ = std::move(keep); }
  void note_interior(std::uint32_t page, ByteView bytes) {
    if (keep_) keep_(page, bytes);
  }
  // Page 1 is the first. Valid until the next call. Empty where there is no such page.
  ByteView page(std::uint32_t number);

 private:
  explicit SqlitePages(FileReader& file) : file_(&file) {}

  FileReader* file_;
  AtHand at_hand_;
  Keep keep_;
  std::uint32_t page_size_ = 0;
  std::uint32_t usable_size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t encoding_ = 0;
  std::uint32_t first_free_trunk_ = 0;
  bool is_auto_vacuum_ = false;
  FileReader::Piece piece_;
  ChunkBytes chunk_;
  Bytes copy_;
};

}  // namespace varve
