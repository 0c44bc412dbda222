#include "tools/sources/postgres_listing.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/core/file.h"
#include "store/core/one_line.h"
#include "tools/process/child_program.h"
#include "tools/sources/private_folder.h"

namespace varve {

ArchiveListing list_archive(const Bytes& toc, const std::string& dump_version,
                            const PostgresProgramPlaces& places, const std::stop_token& stop) {
  const PrivateFolder folder;
  write_file_atomically(folder.path() / "toc.dat", toc);
  const auto version = parse_postgres_version(dump_version);
  const PostgresPrograms programs = find_postgres_programs(version.value_or(0), places);
  ArchiveListing listing{.program = "pg_restore " + programs.version, .fault = {}};
  ChildProgram restore({.arguments = {programs.restore(), "--list", folder.path()}}, stop);
  restore.read_all();
  const ChildProgram::Result result = restore.wait();
  if (result.status < 0) {  // by somebody else, or for want of memory
    throw Error(ErrorCode::failed, fmt::format("pg_restore --list was {}", result.how()));
  }
  if (result.status != 0) {
    listing.fault = fmt::format("pg_restore --list does not take it ({}): {}", result.how(),
                                one_line(result.errors));
  }
  return listing;
}

}  // namespace varve
