// Files that are about to be replaced, as a source: byte for byte, whatever they are.
//
// Nothing is understood and nothing is checked: a damaged database comes back as damaged, with its
// -wal and -journal as files of their own. Databases are cut into extents, so that they share them
// with the snapshots of the same database.
#pragma once

#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/ingest/source.h"

namespace varve {

class SafetySource : public Source {
 public:
  static constexpr const char* kKind = "pre-restore";

  struct File {
    std::string path;  // in the snapshot, below the source's own folder
    Path actual;       // a regular file that nobody writes to, or a symbolic link, saved as one
  };
  // What is restored: a file, whose companions lie beside it, or a folder with files in it. Kept as
  // the fact kFormFact, as the names of the files do not tell: "app/app" may be either.
  enum class Form { file, folder };
  static constexpr const char* kFormFact = "form";  // "file" or "folder"

  // `location`: what is restored, as an absolute path.
  SafetySource(std::string name, std::string location, Form form, std::vector<File> files);

  std::string name() const override { return name_; }
  std::string kind() const override { return kKind; }
  std::string location() const override { return location_; }
  // Empty: it is taken in any case.
  Bytes fingerprint() override { return {}; }
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  void add(SnapshotBuilder& builder, const File& file) const;
  void add_link(SnapshotBuilder& builder, const File& link, const struct stat& status) const;

  const std::string name_;
  const std::string location_;
  const Form form_;
  const std::vector<File> files_;
  Timestamp moment_;
};

}  // namespace varve
