#include "tools/sources/postgres_encoding.h"

#include <gtest/gtest.h>

#include "tools/sources/postgres_row_counts.h"

namespace varve {
namespace {

TEST(PostgresEncoding, NamesBecomeUtf8) {
  EXPECT_EQ(to_utf8("stra\xdf"
                    "e",
                    "LATIN1"),
            "straße");
  EXPECT_EQ(to_utf8("\xa4", "LATIN9"), "€");
  EXPECT_EQ(to_utf8("\x80", "WIN1252"), "€");
  EXPECT_EQ(to_utf8("\xd4\xc1", "KOI8R"), "та");
  EXPECT_EQ(to_utf8("\xb4\xc1", "EUC_JP"), "漢");
}

TEST(PostgresEncoding, WhatCannotBeUtf8StaysAsItIs) {
  EXPECT_EQ(to_utf8("\xe4 and \x81", "WIN1252"), "\xe4 and \x81");
  for (const char* encoding : {"UTF8", "SQL_ASCII", "MULE_INTERNAL", ""}) {
    EXPECT_EQ(to_utf8("t\xe4", encoding), "t\xe4") << encoding;
  }
}

TEST(PostgresEncoding, TheDumpsOwnEncodingCounts) {
  ArchiveContents contents;
  contents.encoding = "LATIN1";
  contents.entries.resize(1);
  contents.entries[0].name = "t\xe4";
  contents.entries[0].copy = "COPY public.\"t\xe4\" (\"\xf6\") FROM stdin;\n";
  names_to_utf8(contents);
  EXPECT_EQ(contents.entries[0].name, "tä");
  EXPECT_EQ(contents.entries[0].copy, "COPY public.\"tä\" (\"ö\") FROM stdin;\n");
}

// Older snapshots have them in the database's own encoding.
TEST(PostgresEncoding, RowsAreFoundAsTheyWereRecorded) {
  const RowCounts now = {{"public.tä", 1}, {"public.tö", 2}};
  const RowCounts once = {{"public.t\xe4", 1}, {"public.t\xf6", 2}};
  EXPECT_EQ(recorded_name(now, "public.tä", "LATIN1"), "public.tä");
  EXPECT_EQ(recorded_name(once, "public.tö", "LATIN1"), "public.t\xf6");
  EXPECT_EQ(recorded_name(once, "public.tü", "LATIN1"), "public.tü");
  // The bytes of a UTF-8 name, of which LATIN1 makes two letters.
  EXPECT_EQ(recorded_name(now, "public.tÃ¤", "LATIN1"), "public.tä");
}

}  // namespace
}  // namespace varve
