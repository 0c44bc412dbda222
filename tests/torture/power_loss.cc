#include "tests/torture/power_loss.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace varve::torture {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::size_t kLargestTrace = 1u << 30;  // bytes

std::uint64_t inode_of(const Path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

void put_at(std::string& bytes, std::uint64_t offset, std::string_view data) {
  bytes.resize(std::max<std::size_t>(bytes.size(), offset + data.size()));
  bytes.replace(offset, data.size(), data);
}

void apply_to(std::string& bytes, const TraceRecord& record) {
  if (record.call == FileCall::write) {
    put_at(bytes, record.offset, record.data);
  } else if (record.call == FileCall::resize || record.offset > bytes.size()) {
    bytes.resize(record.offset);
  }
}

bool coin(std::mt19937_64& random) { return random() % 2 == 0; }

// Some of the sectors that were written.
void apply_torn(std::string& bytes, const TraceRecord& record, std::mt19937_64& random) {
  if (record.call != FileCall::write) {
    if (coin(random)) apply_to(bytes, record);
    return;
  }
  for (std::uint64_t done = 0; done < record.data.size();) {
    const std::uint64_t at = record.offset + done;
    const std::uint64_t size = std::min(kSector - at % kSector, record.data.size() - done);
    if (coin(random)) put_at(bytes, at, std::string_view(record.data).substr(done, size));
    done += size;
  }
}

std::string parent_of(const std::string& path) { return Path(path).parent_path().native(); }

}  // namespace

Disk::Disk(const Path& folder) : root_(folder.native()) {
  scan(folder);
  seen_ = names_;
}

void Disk::scan(const Path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::uint64_t inode = inode_of(entry.path());
    names_[entry.path().native()] = inode;
    if (entry.is_symlink()) {
      files_[inode] = {std::filesystem::read_symlink(entry.path()), {}, true};
    } else if (entry.is_directory()) {
      folders_[inode] = true;
    } else {
      files_[inode] = {std::string(as_text(read_file(entry.path()))), {}};
    }
  }
}

bool Disk::is_inside(const std::string& path) const { return path.starts_with(root_ + '/'); }

void Disk::change_names(Change change) {
  for (const Name& name : change) {
    if (name.inode) {
      seen_[name.path] = *name.inode;
    } else {
      seen_.erase(name.path);
    }
  }
  pending_.push_back(std::move(change));
}

void Disk::retire(std::uint64_t inode) {
  const auto old = files_.find(inode);
  if (old == files_.end()) return;
  const std::uint64_t number = new_inode();
  files_[number] = std::move(old->second);
  for (auto& [path, named] : names_) named = named == inode ? number : named;
  for (Change& change : pending_) {
    for (Name& name : change) name.inode = name.inode == inode ? number : name.inode;
  }
}

void Disk::sync_folder(const std::string& path) {
  const auto is_here = [&](const Change& change) {
    return std::any_of(change.begin(), change.end(),
                       [&](const Name& name) { return parent_of(name.path) == path; });
  };
  for (const Change& change : pending_) {
    if (!is_here(change)) continue;
    for (const Name& name : change) {
      if (name.inode) {
        names_[name.path] = *name.inode;
      } else {
        names_.erase(name.path);
      }
    }
  }
  std::erase_if(pending_, is_here);
}

void Disk::apply(const TraceRecord& record) {
  if (record.call == FileCall::sync_folder && (record.path == root_ || is_inside(record.path))) {
    return sync_folder(record.path);
  }
  if (!is_inside(record.path)) return;
  switch (record.call) {
    case FileCall::create:
      retire(record.inode);
      files_[record.inode] = {};
      return change_names({{record.path, record.inode}});
    case FileCall::make_folder: {
      const std::uint64_t number = new_inode();
      folders_[number] = true;
      return change_names({{record.path, number}});
    }
    case FileCall::make_link: {
      const std::uint64_t number = new_inode();
      files_[number] = {record.data, {}, true};
      return change_names({{record.path, number}});
    }
    case FileCall::rename:
      return change_names({{record.path, {}}, {record.other, seen_.at(record.path)}});
    case FileCall::link:
      return change_names({{record.other, seen_.at(record.path)}});
    case FileCall::unlink:
    case FileCall::remove_folder:
      return change_names({{record.path, {}}});
    case FileCall::write:
    case FileCall::resize:
    case FileCall::extend:
      files_[record.inode].pending.push_back(record);
      return;
    case FileCall::sync: {
      File& file = files_[record.inode];
      for (const TraceRecord& pending : file.pending) apply_to(file.durable, pending);
      file.pending.clear();
      return;
    }
    case FileCall::sync_folder:
    case FileCall::describe:
    case FileCall::mark:
      return;
  }
}

void Disk::write_file(const File& file, const Path& place, int how, std::mt19937_64& random) const {
  if (file.is_link) return std::filesystem::create_symlink(file.durable, place);
  std::string bytes = file.durable;
  for (const TraceRecord& pending : file.pending) {
    if (how == 1) apply_to(bytes, pending);
    if (how == 2) apply_torn(bytes, pending, random);
  }
  std::ofstream(place, std::ios::binary) << bytes;
}

void Disk::write_after_loss(const Path& target, std::mt19937_64& random) const {
  std::map<std::string, std::uint64_t> names = names_;
  const bool in_order = coin(random);  // a journal keeps the order of names
  const std::size_t reached = in_order ? random() % (pending_.size() + 1) : pending_.size();
  for (std::size_t i = 0; i < reached; ++i) {
    if (!in_order && coin(random)) continue;
    for (const Name& name : pending_[i]) {
      if (name.inode) {
        names[name.path] = *name.inode;
      } else {
        names.erase(name.path);
      }
    }
  }
  std::filesystem::create_directories(target);
  // Nothing of a file that was not synced, all of it, or parts.
  const int how = static_cast<int>(random() % 3);
  for (const auto& [path, inode] : names) {  // folders come before what is in them
    const Path place = target.native() + path.substr(root_.size());
    if (!std::filesystem::is_directory(place.parent_path()))
      continue;  // its folder's name was lost
    if (folders_.contains(inode)) {
      std::filesystem::create_directory(place);
      continue;
    }
    // SQLite's index of its WAL is memory; after a loss of power it is made anew.
    if (!path.ends_with("-shm")) write_file(files_.at(inode), place, how, random);
  }
}

std::vector<TraceRecord> read_trace(const Path& file) {
  const Bytes bytes = read_file(file, kLargestTrace);
  std::string_view rest = as_text(bytes);
  std::vector<TraceRecord> records;
  while (auto record = take_record(rest)) records.push_back(std::move(*record));
  return records;
}

}  // namespace varve::torture
