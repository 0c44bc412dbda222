// A file that a command writes its report to, wherever a person or a job wants it.
//
// A regular file is replaced in one step, when the report is whole: whoever reads it sees the last
// report or this one. A device or a fifo (/dev/stdout, /dev/null, a pipe that somebody reads) is
// written to and never replaced.
#pragma once

#include <optional>
#include <string>

#include "store/core/file.h"

namespace varve::cli {

class ReportFile {
 public:
  // Opens it, so that what stands against it is said before the work: throws a usage Error for what
  // cannot hold a report (a folder, a socket, a disk), an io Error for what cannot be written.
  explicit ReportFile(const Path& path);

  // Writes all of it, and closes the file.
  void write(const std::string& text);

 private:
  std::optional<AtomicFile> whole_;  // in place of a regular file, or of none
  File direct_;                      // else
};

}  // namespace varve::cli
