#include "fs/open_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"

namespace varve {

StoredFile::StoredFile(std::shared_ptr<const SnapshotView> view, std::uint32_t entry, Pins::Pin pin,
                       std::shared_ptr<FileReader> reader, std::uint64_t read_ahead_window)
    : view_(std::move(view)),
      entry_(entry),
      pin_(std::move(pin)),
      reader_(std::move(reader)),
      pattern_(read_ahead_window) {}

Slices StoredFile::read(std::uint64_t offset, std::size_t length, ReadAhead& ahead, Log& log) {
  if (const auto range = pattern_.note(offset, length)) ahead.request(reader_, *range);
  const std::uint64_t end = std::min(offset + length, reader_->size());
  Slices slices;
  while (offset < end) {
    const FileReader::Piece piece = reader_->piece_at(offset);
    ChunkBytes chunk = load(piece, log);
    const std::size_t skip = offset - piece.offset;
    const std::size_t count = std::min<std::uint64_t>(piece.length - skip, end - offset);
    const ByteView bytes = ByteView(*chunk).subspan(skip, count);
    slices.push_back({std::move(chunk), bytes});
    offset += count;
  }
  return slices;
}

ChunkBytes StoredFile::load(const FileReader::Piece& piece, Log& log) {
  try {
    return reader_->load(piece);
  } catch (const Error& error) {
    log.error_once(fmt::format("{}: bytes {} to {} (chunk {}) cannot be read: {}{}{}", name(),
                               piece.offset, piece.offset + piece.length - 1,
                               to_hex(piece.ref.view()), error.what(),
                               error.context().empty() ? "" : "; ", error.context()));
    throw;
  }
}

std::string StoredFile::name() const {
  return view_->snapshot().name + "/" + view_->at(entry_).path;
}

std::shared_ptr<const std::string> GeneratedFile::text() {
  const std::lock_guard lock(mutex_);
  if (!text_) text_ = std::make_shared<const std::string>(make_());
  return text_;
}

Slices GeneratedFile::read(std::uint64_t offset, std::size_t length) {
  const auto all = text();
  if (offset >= all->size()) return {};
  const ByteView rest = as_bytes(*all).subspan(offset);
  return {{all, rest.first(std::min(length, rest.size()))}};
}

std::size_t GeneratedFile::size() { return text()->size(); }

std::shared_ptr<const std::vector<NamedNode>> OpenFolder::children(bool from_the_front) {
  const std::lock_guard lock(mutex_);
  if (!children_ || from_the_front) {
    children_ = std::make_shared<const std::vector<NamedNode>>(tree_.children(node_));
  }
  return children_;
}

}  // namespace varve
