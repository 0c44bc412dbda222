#include "tools/cli/report_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve::cli {
namespace {

namespace stdfs = std::filesystem;

constexpr mode_t kMode = 0644;  // for a web server, or whoever asks whether all is well

// What a descriptor of a process leads to is that process's, also where it is a regular file.
bool leads_to_descriptor(const Path& path) {
  std::error_code error;
  const Path parent = stdfs::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
  if (error) return false;
  if (parent.native().starts_with("/proc/")) return true;
  const Path target = stdfs::read_symlink(path, error);
  return !error && target.native().starts_with("/proc/");
}

bool can_be_written_to(stdfs::file_type type) {
  return type == stdfs::file_type::character || type == stdfs::file_type::fifo;
}

std::string word_for(stdfs::file_type type) {
  switch (type) {
    case stdfs::file_type::directory:
      return "a folder";
    case stdfs::file_type::socket:
      return "a socket";
    case stdfs::file_type::block:
      return "a disk";
    default:
      return "no file";
  }
}

// A fifo that nobody reads would be waited for without an end.
File open_direct(const Path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 && errno == ENXIO) {
    throw Error(ErrorCode::io, fmt::format("cannot write to {}: nobody reads it", path.native()));
  }
  if (descriptor < 0) throw system_error(errno, "cannot write to " + path.native());
  File file(descriptor, path);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  return file;
}

// Behind links: what they lead to is replaced, not they.
Path without_links(const Path& path) {
  std::error_code error;
  Path target = stdfs::weakly_canonical(path, error);
  return error ? path : target;
}

}  // namespace

ReportFile::ReportFile(const Path& path) {
  std::error_code error;
  const stdfs::file_type type = stdfs::status(path, error).type();
  if (can_be_written_to(type) || leads_to_descriptor(path)) {
    direct_ = open_direct(path);
  } else if (type == stdfs::file_type::regular || type == stdfs::file_type::not_found) {
    whole_.emplace(without_links(path), kMode);
  } else if (type == stdfs::file_type::none) {
    throw system_error(error.value(), "cannot write " + path.native());
  } else {
    throw Error(ErrorCode::usage,
                fmt::format("{} is {}: name a file for the report", path.native(), word_for(type)));
  }
}

void ReportFile::write(const std::string& text) {
  File& file = whole_ ? whole_->file() : direct_;
  file.write_all(as_bytes(text));
  if (whole_) return whole_->publish(AtomicFile::Over::replace);
  file.close();
}

}  // namespace varve::cli
