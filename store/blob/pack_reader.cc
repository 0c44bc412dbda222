#include "store/blob/pack_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

#include "store/core/error.h"
#include "store/transform/pack_format.h"

namespace varve {
namespace {

constexpr std::size_t kOpenPacks = 512;
constexpr std::size_t kHealedPacks = 32;  // their blocks' checksums are in memory
constexpr std::string_view kPrefix = "packs/";
constexpr std::size_t kScanWindow = 4u << 20;
constexpr std::uint64_t kLargestPack = 1u << 30;     // likewise: no writer comes near it
constexpr std::byte kObjectBegin{'V'};               // an object's first byte (object.h)
constexpr std::uint64_t kLargestFooter = 16u << 20;  // bytes: of some million objects

constexpr std::size_t kSector = 4096;

// What a failing disk does not give back reads as zeros, in which no object begins.
void read_what_can_be_read(const Blob& blob, std::uint64_t offset, MutableBytes out) {
  try {
    blob.read_exact_at(offset, out);
    return;
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
  }
  for (std::size_t at = 0; at < out.size(); at += kSector) {
    const MutableBytes sector = out.subspan(at, std::min(kSector, out.size() - at));
    try {
      blob.read_exact_at(offset + at, sector);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      std::fill(sector.begin(), sector.end(), std::byte{0});
    }
  }
}

std::string describe(const Location& where) {
  return fmt::format("pack {} offset {}", to_hex(where.pack.view()), where.offset);
}

void read_object(const Blob& blob, const Location& where, StoredObject& out) {
  out.bytes.resize(where.length);
  blob.read_exact_at(where.offset, out.bytes);
  const std::optional<ParsedObject> parsed = parse_object_header(out.bytes);
  if (!parsed || !object_is_intact(out.bytes, *parsed)) {
    throw corrupt_error("the object at " + describe(where));
  }
  out.parsed = *parsed;
}

}  // namespace

std::string pack_name(const PackId& id) {
  const std::string hex = to_hex(id.view());
  return fmt::format("{}{}/{}", kPrefix, hex.substr(0, 2), hex);
}

std::optional<PackId> pack_id_of(const std::string& blob_name) {
  const std::size_t slash = blob_name.rfind('/');
  if (!blob_name.starts_with(kPrefix) || slash == std::string::npos) return std::nullopt;
  const std::optional<Bytes> bytes = from_hex(std::string_view(blob_name).substr(slash + 1));
  if (!bytes || bytes->size() != PackId::size) return std::nullopt;
  const PackId id = PackId::from(*bytes);
  if (pack_name(id) != blob_name) return std::nullopt;
  return id;
}

namespace {

// Open packs, the most recently used first. Whoever reads holds a share, so that a pack may be
// closed, or its file removed, under a reader.
class OpenPacks {
 public:
  explicit OpenPacks(std::size_t most) : most_(most) {}

  // nullptr: it is not open.
  std::shared_ptr<const Blob> find(const PackId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->second;
  }

  void remember(const PackId& id, const std::shared_ptr<const Blob>& blob) {
    const std::lock_guard lock(mutex_);
    if (by_id_.contains(id)) return;
    recent_.emplace_front(id, blob);
    by_id_[id] = recent_.begin();
    if (recent_.size() > most_) {
      by_id_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }

  void close(const PackId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    recent_.erase(found->second);
    by_id_.erase(found);
  }

 private:
  using Open = std::pair<PackId, std::shared_ptr<const Blob>>;
  const std::size_t most_;
  std::mutex mutex_;  // guards the two below
  std::list<Open> recent_;
  std::unordered_map<PackId, std::list<Open>::iterator> by_id_;
};

}  // namespace

struct PackReader::State {
  explicit State(BlobBackend& backend) : blobs(backend) {}

  BlobBackend& blobs;
  OpenPacks packs{kOpenPacks};
  OpenPacks healed{kHealedPacks};

  std::shared_ptr<const Blob> open(const PackId& id) {
    if (auto blob = packs.find(id)) return blob;
    std::shared_ptr<const Blob> blob = blobs.open(pack_name(id));
    if (blob) packs.remember(id, blob);
    return blob;
  }

  // With every block proven, and healed where it must be. nullptr: the pack has no parity.
  std::shared_ptr<const Blob> open_healed(const PackId& id) {
    if (auto blob = healed.find(id)) return blob;
    std::shared_ptr<const Blob> blob = blobs.open_healed(pack_name(id));
    if (blob) healed.remember(id, blob);
    return blob;
  }

  // The pack for reading what has no checksum of its own: proven as far as it can be.
  std::shared_ptr<const Blob> open_best(const PackId& id) {
    std::shared_ptr<const Blob> blob = open(id);
    if (!blob) {
      throw Error(ErrorCode::not_found,
                  fmt::format("pack {} is missing from the repository", to_hex(id.view())));
    }
    auto proven = open_healed(id);
    return proven ? proven : blob;
  }
};

PackReader::PackReader(BlobBackend& blobs) : state_(std::make_unique<State>(blobs)) {}
PackReader::~PackReader() = default;

PackReader::Found PackReader::read(const Location& where, StoredObject& out) {
  const std::shared_ptr<const Blob> blob = state_->open(where.pack);
  if (!blob) return Found::no_pack;
  if (where.length > kLongestObject) {
    throw corrupt_error("the catalog's row for the object at " + describe(where), "it is too long");
  }
  try {
    read_object(*blob, where, out);
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    const std::shared_ptr<const Blob> healed = state_->open_healed(where.pack);
    if (!healed) throw;
    read_object(*healed, where, out);
  }
  return Found::yes;
}

PackReader::Found PackReader::read_header(const Location& where, ParsedObject& out) {
  if (!state_->open(where.pack)) return Found::no_pack;
  const std::shared_ptr<const Blob> blob = state_->open_best(where.pack);
  std::byte buffer[kLongestObjectHeader];
  const MutableBytes head(buffer, std::min<std::size_t>(where.length, sizeof buffer));
  blob->read_exact_at(where.offset, head);
  const std::optional<ParsedObject> parsed = parse_object_header(head);
  if (!parsed) throw corrupt_error("the object at " + describe(where), "no header begins there");
  out = *parsed;
  return Found::yes;
}

std::vector<PackEntry> PackReader::entries(const PackId& pack) {
  const std::shared_ptr<const Blob> blob = state_->open_best(pack);
  const std::string name = pack_name(pack);
  const std::uint64_t size = blob->size();
  if (size < kPackHeaderSize + kPackTrailerSize) throw corrupt_error(name, "it is cut short");

  Bytes head(kPackHeaderSize);
  blob->read_exact_at(0, head);
  if (decode_pack_header(head) != pack) throw corrupt_error(name, "it is another pack's file");

  Bytes trailer(kPackTrailerSize);
  blob->read_exact_at(size - kPackTrailerSize, trailer);
  const std::uint64_t footer_size = decode_pack_trailer(trailer);
  if (footer_size > std::min(size - kPackHeaderSize - kPackTrailerSize, kLargestFooter)) {
    throw corrupt_error(name, "its footer is longer than it can be");
  }
  const std::uint64_t footer_at = size - kPackTrailerSize - footer_size;
  Bytes footer(footer_size);
  blob->read_exact_at(footer_at, footer);

  std::vector<PackEntry> entries;
  std::uint64_t offset = kPackHeaderSize;
  for (const std::uint32_t length : decode_pack_footer(footer)) {
    PackEntry entry{.offset = offset, .length = length, .parsed = {}};
    if (length > footer_at - offset) throw corrupt_error(name, "its footer does not fit it");
    std::byte buffer[kLongestObjectHeader];
    const MutableBytes object_head(buffer, std::min<std::size_t>(length, sizeof buffer));
    blob->read_exact_at(offset, object_head);
    const std::optional<ParsedObject> parsed = parse_object_header(object_head);
    if (!parsed || parsed->header_length + parsed->header.stored_length != length) {
      throw corrupt_error("the object at " + describe({pack, offset, length}),
                          "no header begins there");
    }
    entry.parsed = *parsed;
    entries.push_back(entry);
    offset += length;
  }
  if (offset != footer_at) throw corrupt_error(name, "its footer does not fit it");
  return entries;
}

std::vector<PackEntry> PackReader::scan(const PackId& pack) {
  const std::shared_ptr<const Blob> blob = state_->open_best(pack);
  const std::uint64_t size = std::min(blob->size(), kLargestPack);
  std::vector<PackEntry> entries;
  Bytes window;
  std::uint64_t window_at = 0;
  // The bytes from `offset`, at least `wanted` of them where the file has so many.
  const auto view_at = [&](std::uint64_t offset, std::uint64_t wanted) {
    const bool inside = offset >= window_at && offset + wanted <= window_at + window.size();
    if (!inside) {
      window_at = offset;
      window.resize(
          std::min<std::uint64_t>(size - offset, std::max<std::uint64_t>(wanted, kScanWindow)));
      read_what_can_be_read(*blob, window_at, window);
    }
    return ByteView(window).subspan(offset - window_at);
  };
  for (std::uint64_t offset = 0; offset < size;) {
    const ByteView ahead = view_at(offset, 1);
    const auto next = static_cast<std::uint64_t>(
        std::find(ahead.begin(), ahead.end(), kObjectBegin) - ahead.begin());
    if (next > 0) {
      offset += next;
      continue;
    }
    const std::uint64_t left = size - offset;
    const std::optional<ParsedObject> parsed =
        parse_object_header(view_at(offset, std::min<std::uint64_t>(left, kLongestObjectHeader)));
    const std::uint64_t length =
        parsed ? parsed->header_length + parsed->header.stored_length : left + 1;
    if (length <= left && object_is_intact(view_at(offset, length).first(length), *parsed)) {
      entries.push_back({offset, static_cast<std::uint32_t>(length), *parsed});
      offset += length;
    } else {
      ++offset;
    }
  }
  return entries;
}

std::uint64_t PackReader::size(const PackId& pack) { return state_->open_best(pack)->size(); }

void PackReader::close(const PackId& pack) {
  state_->packs.close(pack);
  state_->healed.close(pack);
}

}  // namespace varve
