// One plain file on its way into a snapshot, whatever source it belongs to.
#pragma once

#include "store/core/file.h"
#include "store/ingest/source.h"
#include "tools/sources/file_stamp.h"

namespace varve {

// What `status` says about the file at `path` of the snapshot: mode, owner, times, holes. Its
// content is cut as a stream.
SnapshotBuilder::NewFile describe_plain_file(std::string path, const struct stat& status);

// Adds the file with its content, of the size that it had when it looked like `before`. One that
// has changed since, or changes while it is read, is stored all the same, with a warning.
void copy_plain_file(SnapshotBuilder& builder, const File& file, const FileStamp& before,
                     const SnapshotBuilder::NewFile& described);

}  // namespace varve
