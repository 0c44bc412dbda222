// A script of pg_dump's that psql runs as SQL and nothing else.
//
// psql's own commands (\!, \copy, \o) would run programs and write files as the user that varve is.
// So the script stands behind a \restrict with a random key, after which psql takes none of them.
// pg_dump writes such a pair of lines itself, with a key that whoever wrote the script knows, and
// that psql would refuse behind ours: they are left out, the \restrict in front of the first
// statement, the \unrestrict behind the last. Everything else psql gets as it is.
//
// Rejected: looking for commands ourselves, which takes all that psql knows of quotes and COPY.
#pragma once

#include "tools/process/child_program.h"

namespace varve {

// What `psql` is to get on its standard input: it runs that with --file=-. Throws a failed Error
// where it does not know \restrict, which came in August 2025. Where the script cannot be read, the
// input throws a corrupt one, as a mount answers so for what the store cannot give back.
ChildProgram::Input restricted_script(const Path& psql, const Path& script,
                                      const std::stop_token& stop);

}  // namespace varve
