#include "store/blob/local_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

class LocalBlob : public Blob {
 public:
  explicit LocalBlob(File file) : file_(std::move(file)), size_(file_.size()) {}
  std::uint64_t size() const override { return size_; }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    file_.read_exact_at(offset, out);
  }

 private:
  const File file_;
  const std::uint64_t size_;
};

class LocalWriter : public BlobWriter {
 public:
  explicit LocalWriter(const Path& path) : file_(path) {}

  void append(ByteView bytes) override {
    file_.file().write_all(bytes);
    size_ += bytes.size();
    if (size_ - writeback_ >= kWritebackStep) {
      file_.file().start_writeback(writeback_, size_ - writeback_);
      writeback_ = size_;
    }
  }

  std::uint64_t size() const override { return size_; }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    file_.file().read_exact_at(offset, out);
  }
  void commit() override { file_.publish(); }
  void replace() override { file_.publish(AtomicFile::Over::replace); }

 private:
  // The disk writes while the next bytes are made, so commit() waits only for the rest.
  static constexpr std::uint64_t kWritebackStep = 8u << 20;

  AtomicFile file_;
  std::uint64_t size_ = 0;
  std::uint64_t writeback_ = 0;  // bytes whose writing was started
};

bool is_part_of_a_name(std::string_view part) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), allowed);
}

bool is_name(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_part_of_a_name(name.substr(0, slash))) return false;
    if (slash == name.npos) return true;
    name.remove_prefix(slash + 1);
  }
}

// Calls `visit` for every regular file below `folder`; one that does not exist holds none.
void for_each_file(const Path& folder, const std::function<void(const Path&)>& visit) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  const std::filesystem::recursive_directory_iterator end;
  if (error == std::errc::no_such_file_or_directory) return;
  while (!error && entry != end) {
    std::error_code vanished;  // another process may remove files while we look
    if (entry->is_regular_file(vanished)) visit(entry->path());
    entry.increment(error);
  }
  if (error) throw system_error(error.value(), "cannot list " + folder.native());
}

}  // namespace

LocalBackend::LocalBackend(Path root)
    : root_(root.has_filename() ? std::move(root) : root.parent_path()), durable_folders_{root_} {}

std::unique_ptr<BlobWriter> LocalBackend::create(const std::string& name) {
  const Path path = path_of(name);
  make_folder(path.parent_path());
  return std::make_unique<LocalWriter>(path);
}

std::unique_ptr<Blob> LocalBackend::open(const std::string& name) {
  std::optional<File> file = File::open_if_exists(path_of(name));
  return file ? std::make_unique<LocalBlob>(std::move(*file)) : nullptr;
}

bool LocalBackend::remove(const std::string& name) {
  const Path path = path_of(name);
  if (!remove_file(path)) return false;
  sync_directory(path.parent_path());
  return true;
}

bool LocalBackend::rename(const std::string& from, const std::string& to) {
  const Path old_path = path_of(from);
  const Path new_path = path_of(to);
  if (!std::filesystem::exists(old_path)) return false;
  make_folder(new_path.parent_path());
  if (!rename_new(old_path, new_path)) {
    throw system_error(EEXIST, "cannot create " + new_path.native());
  }
  // The new name first: a blob with two names after a crash is better than one with none.
  sync_directory(new_path.parent_path());
  sync_directory(old_path.parent_path());
  return true;
}

std::vector<BlobInfo> LocalBackend::list(const std::string& prefix) {
  std::vector<BlobInfo> blobs;
  const std::size_t slash = prefix.rfind('/');
  const Path folder = slash == prefix.npos ? root_ : root_ / prefix.substr(0, slash);
  for_each_file(folder, [&](const Path& path) {
    if (is_temporary(path)) return;
    BlobInfo blob{path.lexically_relative(root_).native()};
    std::error_code vanished;
    blob.size = std::filesystem::file_size(path, vanished);
    if (!vanished && blob.name.starts_with(prefix)) blobs.push_back(std::move(blob));
  });
  return blobs;
}

std::uint64_t LocalBackend::remove_leftovers() {
  std::uint64_t freed = 0;
  for_each_file(root_, [&](const Path& path) {
    if (is_temporary(path)) freed += remove_abandoned(path);
  });
  return freed;
}

Path LocalBackend::path_of(const std::string& name) const {
  if (!is_name(name)) throw Error(ErrorCode::failed, fmt::format("'{}' is no blob name", name));
  return root_ / name;
}

void LocalBackend::make_folder(const Path& folder) {
  const std::scoped_lock lock(mutex_);
  std::vector<Path> missing;
  for (Path at = folder; !durable_folders_.contains(at); at = at.parent_path()) {
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    make_directory(*at);
    durable_folders_.insert(*at);
  }
}

}  // namespace varve
