// Encodings of PostgreSQL databases other than UTF-8.
//
// A dump is in its database's own encoding, byte for byte. Names alone become UTF-8, as users
// write them and as snapshot.json wants them. (Rejected: pg_dump --encoding=UTF8. One byte without
// a meaning in the encoding, as 0x81 in WIN1252, would end the whole backup, and the server changes
// neither SQL_ASCII nor MULE_INTERNAL into UTF-8.)
#pragma once

#include <string>

#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// `encoding`: as the server calls it ("LATIN1"). As it is where not all of it can be UTF-8, and
// where the encoding says nothing about bytes (SQL_ASCII) or is not known.
std::string to_utf8(const std::string& text, const std::string& encoding);

// The names of all entries, and those in their statements.
void names_to_utf8(ArchiveContents& contents);

// The client_encoding of a session that meets such names: UTF8, or the database's own where the
// server does not change that.
std::string session_encoding(const PostgresConnection& connection);

}  // namespace varve
